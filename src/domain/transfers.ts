import { sql } from "kysely";
import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import { post } from "../ledger/post.ts";
import { balanceOf } from "../ledger/statement.ts";
import { receiptCode } from "./codes.ts";
import type { Context } from "./context.ts";
import { momentIn } from "./format.ts";
import { membersByPhone, type Member } from "./members.ts";
import { notify, type Notice } from "./notify.ts";

export type Sent =
  | {
      readonly type: "sent";
      readonly fields: {
        readonly receipt: string;
        readonly name: string;
        readonly amount: number;
        readonly balance: number;
      };
      /** What fills the sender's receipt; undefined where this act was done before. */
      readonly receipt: Receipt | undefined;
    }
  | { readonly type: "balance-too-low"; readonly fields: { readonly missing: number } }
  /** The day's limit leaves so many. */
  | { readonly type: "daily-limit"; readonly fields: { readonly left: number } }
  | { readonly type: "recipient-gone" };

/** The fields of a transfer's receipt, as its reader is told. */
type Receipt = Readonly<
  Record<"receipt" | "sender" | "recipient" | "when" | "help", string> &
    Record<"amount" | "balance", number>
>;

/** Who can be sent to at a number: everybody it serves but the sender. */
export async function recipientsAt(
  { trx, community }: Context,
  sender: Member,
  phone: string,
): Promise<readonly Member[]> {
  const there = await membersByPhone(trx, community.id, phone);
  return there.filter(({ id }) => id !== sender.id);
}

/** What the day's limit leaves a member to send, at the most. */
export async function sendableToday(context: Context, member: Member): Promise<number> {
  const { community } = context;
  return Math.max(0, community.send_daily_max - (await sentToday(context, member)));
}

/** Most lines of one account that a day's limit is counted from: a day with more has no sends left. */
const lines_a_day_max = 500;

/** iSoCCs a member has sent away since midnight in the community's time zone. */
async function sentToday({ trx, community, now }: Context, member: Member): Promise<number> {
  const midnight = sql<Date>`
    date_trunc('day', ${now}::timestamptz at time zone ${community.time_zone}::text)
      at time zone ${community.time_zone}::text
  `;
  const { lines, sent } = await trx
    .selectFrom("ledger.entry as e")
    .innerJoin("ledger.journal as j", (join) =>
      join.onRef("j.community_id", "=", "e.community_id").onRef("j.id", "=", "e.journal_id"),
    )
    .select([
      sql<number>`count(*)`.as("lines"),
      sql<number>`
        coalesce(-sum(e.amount) filter (where e.amount < 0 and j.kind = 'transfer'), 0)::bigint
      `.as("sent"),
    ])
    .where("e.community_id", "=", community.id)
    .where("e.account_id", "=", member.id)
    .where("e.stripe", "=", 0)
    // The account's lines are found by number. Twice as many as a day may have, for among them are
    // lines of a paper Book, entered today and dated back.
    .where(
      "e.seq",
      ">",
      sql<number>`(
        select a.version - ${2 * lines_a_day_max} from ledger.account as a
        where a.community_id = ${community.id} and a.id = ${member.id} and a.stripe = 0
      )`,
    )
    .where("j.happened_at", ">=", midnight)
    .executeTakeFirstOrThrow();
  return lines < lines_a_day_max ? sent : community.send_daily_max;
}

/**
 * Sends iSoCCs to a member, a vendor or a group (R16), with a receipt to both. The sender's PIN has
 * been checked in this transaction, and so their acts wait for each other: the day's limit holds.
 * Sending again under the same `once` answers with the first.
 */
export async function sendSoccs(
  context: Context,
  spec: {
    once: string;
    sender: Member;
    recipient_id: string;
    amount: number;
    /** False where the sender's receipt is not to be written: who sends by text is answered by it. */
    writes_receipt?: boolean;
  },
): Promise<Sent> {
  const { trx, community, now } = context;
  const { once, sender, amount, writes_receipt = true } = spec;
  const recipient = await recipientOf(context, spec.recipient_id);
  if (recipient === undefined || recipient.id === sender.id) return { type: "recipient-gone" };
  // What was sent before was sent, whatever has come to be since.
  if ((await journalNamed(context, once)) === undefined) {
    if (recipient.status !== "active") return { type: "recipient-gone" };
    const left = await sendableToday(context, sender);
    if (amount > left) return { type: "daily-limit", fields: { left } };
  }

  const answer = await post(trx, community.id, [
    {
      id: uuid(),
      once,
      kind: "transfer",
      happened_at: now,
      legs: [
        { account: sender.id, unit: "iSoCC", amount: -amount },
        { account: recipient.id, unit: "iSoCC", amount },
      ],
    },
  ]);
  if ("refused" in answer) {
    assert(answer.refused === "insufficient-balance", `not posted: ${answer.refused}`);
    return { type: "balance-too-low", fields: { missing: answer.missing } };
  }
  const [posted] = answer.posted;
  assert(posted !== undefined, "one journal was asked for");
  const balance = posted.balances[sender.id] ?? (await balanceOf(trx, community.id, sender.id));
  const receipt = receiptCode(posted.id);
  const fields = { receipt, name: recipient.name, amount, balance };
  if (posted.repeated) return { type: "sent", fields, receipt: undefined };
  const receiptOf = (id: string): Receipt => ({
    receipt,
    sender: sender.name,
    recipient: recipient.name,
    amount,
    when: momentIn(community.time_zone, now),
    balance: posted.balances[id] ?? 0,
    help: community.help_number,
  });
  const said = (to: Notice["to"] & { readonly id: string }, text: string) => ({
    ...{ to, text, purpose: "receipt" as const, fields: receiptOf(to.id) },
  });
  const own = writes_receipt ? [said(sender, "sent")] : [];
  await notify(context, [...own, said(recipient, "received")]);
  return { type: "sent", fields, receipt: receiptOf(sender.id) };
}

/** Whoever is sent to, also one who has left. */
const recipientOf = ({ trx, community }: Context, id: string) =>
  trx
    .selectFrom("member")
    .select(["id", "name", "phone", "language", "status"])
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .executeTakeFirst();

const journalNamed = ({ trx, community }: Context, once: string) =>
  trx
    .selectFrom("ledger.journal")
    .select("id")
    .where("community_id", "=", community.id)
    .where("once", "=", once)
    .executeTakeFirst();
