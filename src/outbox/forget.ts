import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import { deleteOldest } from "../db/forget.ts";

/** Rows of one statement: some 20 ms, so that nobody waits for it. */
const batch = 1_000;

/**
 * Takes the words out of texts whose time is over, the oldest first; to whom, what became of it and
 * what it cost stays. A stranger's number goes with the words, for nobody else's row has it.
 * @returns how many.
 */
export async function emptyTexts(db: Reader, written_before: Date): Promise<number> {
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
export const forgetReports = (db: Reader, received_before: Date): Promise<number> =>
  deleteOldest(db, "delivery_report", {
    key: ["gateway_id", "status"],
    by: "received_at",
    before: received_before,
    at_once: batch,
  });
