import { sql, type Kysely } from "kysely";
import type { DB } from "../db/types.ts";

/** What the gateway reports of a text it took. */
export interface Report {
  readonly gateway_id: string;
  readonly status: string;
  readonly reason: string | null;
}

// Statuses that settle a text; the others only say where it is (africas-talking.md).
const settles = sql<"delivered" | "failed" | null>`
  case status
    when 'Success' then 'delivered'
    when 'Failed' then 'failed'
    when 'Rejected' then 'failed'
    when 'Expired' then 'failed'
  end
`;

/**
 * Keeps a report and moves its text's state forward. A report may come twice, out of order, for
 * nobody's text, or before the gateway's answer to the send was stored.
 */
export async function takeReport(db: Kysely<DB>, report: Report, now: Date): Promise<void> {
  // Kept and committed first, then applied: a send whose answer is being stored at the same moment
  // looks for reports after its own commit, so whoever comes second sees both.
  await db
    .insertInto("delivery_report")
    .values({ ...report, received_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await applyReports(db, report.gateway_id, now);
}

/** Moves a text forward by the reports that are there for it; a settled one stays as it is. */
export async function applyReports(db: Kysely<DB>, gateway_id: string, now: Date): Promise<void> {
  const settled = await db
    .selectFrom("delivery_report")
    .select([settles.as("state"), "reason"])
    .where("gateway_id", "=", gateway_id)
    .where(settles, "is not", null)
    // Delivered is told by one handset; a failure reported beside it is a retry that was not needed.
    .orderBy("state")
    .executeTakeFirst();
  if (settled === undefined || settled.state === null) return;
  await db
    .updateTable("message")
    .set({ state: settled.state, reason: settled.reason, sealed: null, updated_at: now })
    .where("gateway_id", "=", gateway_id)
    .where("state", "in", ["sent", "unknown"])
    .execute();
}
