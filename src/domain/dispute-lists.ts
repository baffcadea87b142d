import { sql } from "kysely";
import type { Reader, Writer } from "../db/database.ts";
import type { TimeAsked } from "./activity-lists.ts";
import { receiptCode } from "./codes.ts";
import { disputesWithParties, has_manager } from "./dispute-parties.ts";
import { pageOf, type Page } from "./pages.ts";

export type DisputeStatus = "open" | "upheld" | "declined";

const disputes = (db: Reader, community_id: string) =>
  disputesWithParties(db, community_id)
    .select([
      "dispute.id",
      "dispute.member_id",
      "member.name as member",
      "dispute.other_id",
      "other.name as other",
      "dispute.journal_id",
      "dispute.moved",
      "dispute.acted_by",
      "dispute.words",
      "dispute.raised_at",
      "dispute.manager_id",
      "dispute.manager_upholds",
      "dispute.partner",
      "dispute.partner_upholds",
      "dispute.ended_at",
      "dispute.reversal_id",
    ])
    .select(
      sql<boolean>`
        dispute.manager_id is null and (dispute.state <> 'open' or not ${has_manager})
      `.as("partner_alone"),
    )
    // The database's checks say what a state may be; the types generated from it do not.
    .select(sql<DisputeStatus>`dispute.state`.as("status"));

type Row = Awaited<ReturnType<ReturnType<typeof disputes>["executeTakeFirstOrThrow"]>>;

export interface DisputeRecord extends Row {
  /** The disputed receipt's code. */
  readonly receipt: string;
}

const withReceipt = (row: Row): DisputeRecord => ({ ...row, receipt: receiptCode(row.journal_id) });

/** Disputes, the newest first. */
export async function listDisputes(
  db: Reader,
  community_id: string,
  asked: TimeAsked<DisputeStatus>,
): Promise<Page<DisputeRecord>> {
  let query = disputes(db, community_id);
  if (asked.status !== undefined) query = query.where("dispute.state", "=", asked.status);
  if (asked.from !== undefined) query = query.where("dispute.raised_at", ">=", asked.from);
  if (asked.until !== undefined) query = query.where("dispute.raised_at", "<", asked.until);
  if (asked.after !== undefined) query = query.where("dispute.id", "<", asked.after);
  const rows = await query
    .orderBy("dispute.id", "desc")
    .limit(asked.limit + 1)
    .execute();
  return pageOf(rows.map(withReceipt), asked.limit);
}

export async function readDispute(
  db: Reader,
  community_id: string,
  id: string,
): Promise<DisputeRecord | undefined> {
  const row = await disputes(db, community_id).where("dispute.id", "=", id).executeTakeFirst();
  return row && withReceipt(row);
}

/** A dispute, and nobody else decides on it before the transaction ends. */
export async function lockDispute(
  trx: Writer,
  community_id: string,
  id: string,
): Promise<DisputeRecord | undefined> {
  await trx
    .selectFrom("dispute")
    .select("id")
    .where("community_id", "=", community_id)
    .where("id", "=", id)
    .forUpdate()
    .execute();
  return await readDispute(trx, community_id, id);
}
