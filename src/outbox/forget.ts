import { sql, type Kysely } from "kysely";
import type { DB } from "../db/types.ts";

/** Rows of one statement: some 20 ms, so that nobody waits for it. */
const batch = 1_000;

/**
 * Takes the words out of texts whose time is over, the oldest first; to whom, what became of it and
 * what it cost stays. A stranger's number goes with the words, for nobody else's row has it.
 * @returns how many.
 */
export async function emptyTexts(db: Kysely<DB>, written_before: Date): Promise<number> {
  const { numAffectedRows } = await sql`
    with over as materialized (
      select community_id, id
      from message
      where text <> '' and created_at < ${written_before}
        and state in ('sent', 'delivered', 'failed', 'unknown')
      order by created_at
      limit ${batch}
      -- Another process is emptying these.
      for update skip locked
    )
    update message as m
    set text = '', sealed = null,
      recipient = case when m.member_id is null then '' else m.recipient end
    from over
    where m.community_id = over.community_id and m.id = over.id
  `.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** Deletes delivery reports whose time is over, the oldest first. @returns how many. */
export async function forgetReports(db: Kysely<DB>, received_before: Date): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from delivery_report where (gateway_id, status) in (
      select gateway_id, status from delivery_report
      where received_at < ${received_before}
      order by received_at
      limit ${batch}
      for update skip locked
    )
  `.execute(db);
  return Number(numAffectedRows ?? 0);
}
