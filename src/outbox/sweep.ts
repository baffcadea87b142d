import { sql, type Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import { matchReports } from "./delivery.ts";

/**
 * Marks texts whose worker died while sending: nobody knows if they went out, so they are not sent
 * again blindly (R34).
 * @param older_ms longer than any gateway takes to answer.
 * @returns how many.
 */
export async function markAbandoned(
  db: Kysely<DB>,
  now: Date,
  older_ms = sending_max_ms,
): Promise<number> {
  const { rows } = await sql<{ recipient: string }>`
    with dead as materialized (
      select community_id, id
      from message
      where state = 'sending' and updated_at < ${before(now, older_ms)}
      order by community_id, id
      limit ${batch}
      for update skip locked
    )
    update message as m
    set state = 'unknown', reason = 'the worker stopped while sending', updated_at = ${now}
    from dead
    where m.community_id = dead.community_id and m.id = dead.id
    returning m.recipient
  `.execute(db);
  await matchReports(
    db,
    rows.map(({ recipient }) => recipient),
    now,
  );
  return rows.length;
}

/**
 * Ends what has waited too long, whatever held it up: a text a week old says nothing any more.
 * @returns how many failed.
 */
export async function failOverdue(db: Kysely<DB>, now: Date): Promise<number> {
  const { numAffectedRows } = await sql`
    update message
    set state = 'failed', due_at = null, sealed = null, updated_at = ${now},
      reason = left('not sent in 7 days' || coalesce(': ' || reason, ''), 200)
    where (community_id, id) in (
      select community_id, id
      from message
      where state = 'queued' and created_at < ${before(now, waiting_max_ms)}
      limit ${batch}
      for update skip locked
    )
  `.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** Wipes what is still sealed of texts that no report came for. */
export async function wipeSealed(db: Kysely<DB>, now: Date): Promise<void> {
  await db
    .updateTable("message")
    .set({ sealed: null })
    .where("sealed", "is not", null)
    .where("state", "in", ["sent", "unknown"])
    .where("updated_at", "<", before(now, delivered_within_ms))
    .execute();
}

const before = (now: Date, ms: number): Date => new Date(now.getTime() - ms);

/** A worker that took a text longer ago than this is dead: far beyond the gateway's time-out. */
const sending_max_ms = 120_000;
const waiting_max_ms = 7 * 86_400_000;
/** No network delivers a text later than this, or reports it; what it holds is then nobody's to keep. */
export const delivered_within_ms = 7 * 86_400_000;
/** Rows of one sweep; the next one follows within seconds. */
const batch = 1_000;
