import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import { deleteOldest } from "../db/forget.ts";
import { delivered_within_ms } from "./sweep.ts";

/** Rows of one statement: some 20 ms, so that nobody waits for it. */
const batch = 1_000;

/**
 * Takes the words out of texts whose time is over, and the number they went to, the oldest first; whose
 * they were, what became of them and what they cost stays. One of which a report may still come is left
 * until it has, or no longer can.
 * @returns how many.
 */
export async function emptyTexts(
  db: Reader,
  { written_before, now }: { readonly written_before: Date; readonly now: Date },
): Promise<number> {
  const reported_by = new Date(now.getTime() - delivered_within_ms);
  const { numAffectedRows } = await sql`
    with over as materialized (
      select community_id, id
      from message
      where recipient <> '' and created_at < ${written_before}
        and (
          state in ('delivered', 'failed')
          or (state in ('sent', 'unknown') and updated_at < ${reported_by})
        )
      order by created_at
      limit ${batch}
      -- Another process is emptying these.
      for update skip locked
    )
    update message as m
    set text = '', sealed = null, recipient = ''
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
