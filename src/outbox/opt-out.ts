import { sql, type Kysely } from "kysely";
import type { DB } from "../db/types.ts";

/** A phone in one community. */
export interface PhoneHere {
  readonly community_id: string;
  /** E.164. */
  readonly phone: string;
}

/** How an opt-out was learnt: their STOP, the provider's callback, a refused send, a report. */
export type OptOutSource = "text" | "callback" | "refusal" | "report";

/**
 * Records that phones want no texts but those the law and the ledger require (R32): one record for
 * each phone in a community, also when it is learnt in several ways.
 * @returns those for which it is news.
 */
export async function recordOptOuts(
  db: Kysely<DB>,
  phones: readonly PhoneHere[],
  { source, now }: { source: OptOutSource; now: Date },
): Promise<readonly PhoneHere[]> {
  if (phones.length === 0) return [];
  const { rows } = await sql<PhoneHere>`
    insert into opt_out as o (community_id, phone, source, opted_out_at)
    select distinct p.community_id, p.phone, ${source}, ${now}::timestamptz
    from unnest(
      ${phones.map(({ community_id }) => community_id)}::uuid[],
      ${phones.map(({ phone }) => phone)}::text[]
    ) as p (community_id, phone)
    -- In one order, so that two at once do not wait in a circle.
    order by 1, 2
    on conflict (community_id, phone) do update
      set source = excluded.source, opted_out_at = excluded.opted_out_at, ended_at = null,
        noted_at = null
      where o.ended_at is not null
    returning o.community_id, o.phone
  `.execute(db);
  return rows;
}

/** Ends an opt-out: the phone gets every text again. @returns whether there was one. */
export async function endOptOut(
  db: Kysely<DB>,
  { community_id, phone }: PhoneHere,
  now: Date,
): Promise<boolean> {
  const ended = await db
    .updateTable("opt_out")
    .set({ ended_at: now })
    .where("community_id", "=", community_id)
    .where("phone", "=", phone)
    .where("ended_at", "is", null)
    .executeTakeFirst();
  return ended.numUpdatedRows > 0n;
}
