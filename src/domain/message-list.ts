import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import { pageOf, type Page } from "./pages.ts";
import type { TimeAsked } from "./activity-lists.ts";

export type MessageStatus = "queued" | "sending" | "sent" | "delivered" | "failed" | "unknown";

const messages = (db: Reader, community_id: string) =>
  db
    .selectFrom("message")
    // Not the text: a member's handover key stands in theirs, and only they may have it (R13).
    .select([
      "id",
      "recipient",
      "member_id",
      "purpose",
      "segments",
      "reason",
      "attempts",
      "created_at",
      "updated_at",
    ])
    .select(sql<MessageStatus>`state`.as("status"))
    .where("community_id", "=", community_id);

export type MessageRecord = Awaited<
  ReturnType<ReturnType<typeof messages>["executeTakeFirstOrThrow"]>
>;

/** Outgoing texts and what became of them, the newest first, with masked numbers. */
export async function listMessages(
  db: Reader,
  community_id: string,
  asked: TimeAsked<MessageStatus>,
): Promise<Page<MessageRecord>> {
  let query = messages(db, community_id);
  if (asked.status !== undefined) query = query.where("state", "=", asked.status);
  if (asked.from !== undefined) query = query.where("created_at", ">=", asked.from);
  if (asked.until !== undefined) query = query.where("created_at", "<", asked.until);
  if (asked.after !== undefined) query = query.where("id", "<", asked.after);
  const rows = await query
    .orderBy("id", "desc")
    .limit(asked.limit + 1)
    .execute();
  const masked = rows.map((row) => ({ ...row, recipient: maskedNumber(row.recipient) }));
  return pageOf(masked, asked.limit);
}

/** `+254*****101`: enough to tell two people apart, not enough to call them. */
const maskedNumber = (phone: string): string => phone.replace(/(?<=^.{4}).*(?=.{3}$)/, "*****");
