import { sql } from "kysely";
import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import { post } from "../ledger/post.ts";
import { receiptCode } from "./codes.ts";
import type { Context } from "./context.ts";
import { momentIn } from "./format.ts";
import { memberById, membersByPhone, type Member } from "./members.ts";
import { notify } from "./notify.ts";

export type Sent =
  | {
      readonly type: "sent";
      readonly fields: {
        readonly receipt: string;
        readonly name: string;
        readonly amount: number;
        readonly balance: number;
      };
    }
  | { readonly type: "balance-too-low"; readonly fields: { readonly missing: number } }
  /** The day's limit leaves so many. */
  | { readonly type: "daily-limit"; readonly fields: { readonly left: number } }
  | { readonly type: "recipient-gone" };

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

/** iSoCCs a member has sent away since midnight in the community's time zone. */
async function sentToday({ trx, community, now }: Context, member: Member): Promise<number> {
  const row = await trx
    .selectFrom("ledger.entry as e")
    .innerJoin("ledger.journal as j", (join) =>
      join.onRef("j.community_id", "=", "e.community_id").onRef("j.id", "=", "e.journal_id"),
    )
    .select(sql<number>`coalesce(-sum(e.amount), 0)::bigint`.as("sent"))
    .where("e.community_id", "=", community.id)
    .where("e.account_id", "=", member.id)
    .where("e.stripe", "=", 0)
    .where("e.amount", "<", 0)
    // The account's lines are found by number: the last few hundred are more than a day has.
    .where(
      "e.seq",
      ">",
      sql<number>`(
        select a.version - 500 from ledger.account as a
        where a.community_id = ${community.id} and a.id = ${member.id} and a.stripe = 0
      )`,
    )
    .where("j.kind", "=", "transfer")
    .where(
      "j.happened_at",
      ">=",
      sql<Date>`
        date_trunc('day', ${now}::timestamptz at time zone ${community.time_zone}::text)
          at time zone ${community.time_zone}::text
      `,
    )
    .executeTakeFirstOrThrow();
  return row.sent;
}

/**
 * Sends iSoCCs to a member, a vendor or a group (R16), with a receipt to both. The sender's PIN has
 * been checked in this transaction, and so their acts wait for each other: the day's limit holds.
 * Sending again under the same `once` answers with the first.
 */
export async function sendSoccs(
  context: Context,
  spec: { once: string; sender: Member; recipient_id: string; amount: number },
): Promise<Sent> {
  const { trx, community, now } = context;
  const { once, sender, amount } = spec;
  const recipient = await memberById(trx, community.id, spec.recipient_id);
  if (recipient === undefined || recipient.id === sender.id) return { type: "recipient-gone" };
  const known = await journalNamed(context, once);
  const left = await sendableToday(context, sender);
  if (known === undefined && amount > left) return { type: "daily-limit", fields: { left } };

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
  const balance = posted.balances[sender.id] ?? 0;
  const receipt = receiptCode(posted.id);
  const said = (to: Member, text: string) => ({
    to,
    purpose: "receipt" as const,
    text,
    fields: {
      receipt,
      sender: sender.name,
      recipient: recipient.name,
      amount,
      when: momentIn(community.time_zone, now),
      balance: posted.balances[to.id] ?? 0,
      help: community.help_number,
    },
  });
  if (!posted.repeated) await notify(context, [said(sender, "sent"), said(recipient, "received")]);
  return { type: "sent", fields: { receipt, name: recipient.name, amount, balance } };
}

const journalNamed = ({ trx, community }: Context, once: string) =>
  trx
    .selectFrom("ledger.journal")
    .select("id")
    .where("community_id", "=", community.id)
    .where("once", "=", once)
    .executeTakeFirst();
