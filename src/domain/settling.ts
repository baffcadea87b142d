import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import { chart } from "../ledger/chart.ts";
import { capture, expire, release } from "../ledger/hold.ts";
import type { Journal, Posted } from "../ledger/post.ts";
import { balanceOf } from "../ledger/statement.ts";
import { audit } from "./audit.ts";
import { receiptCode } from "./codes.ts";
import type { Context } from "./context.ts";
import { nameIn, type Names } from "./deeds.ts";
import { momentIn } from "./format.ts";
import { isOwn, memberById, type Member } from "./members.ts";
import { notify, type Notice } from "./notify.ts";
import { putIntoStock } from "./rewards.ts";

/** How a redemption ended before, for a member or a manager who comes too late. */
export type TooLate = { readonly type: "ended-before" } | { readonly type: "expired-before" };

/** How it ended before, for its vendor: only where they were paid is there a receipt. */
export type EndedBefore =
  | {
      readonly type: "paid-before";
      readonly fields: { readonly receipt: string; readonly name: string; readonly amount: number };
    }
  | {
      readonly type: "unlocked-before" | "called-off-before";
      readonly fields: { readonly name: string };
    }
  | { readonly type: "expired-before" };

interface Paid {
  readonly [key: string]: string | number;
  readonly receipt: string;
  readonly name: string;
  readonly amount: number;
  /** What whoever settled it can spend. */
  readonly balance: number;
}

type Settled =
  | {
      readonly type: "settled";
      readonly fields: Paid;
      /** The receipt of whoever settles, where they have one. */
      readonly own?: Notice | undefined;
    }
  /** An unlock: nothing has moved. */
  | {
      readonly type: "unlocked";
      readonly fields: { readonly name: string; readonly member: string };
    }
  /** The member no longer has the balance that the unlock asks for; the order stays open. */
  | {
      readonly type: "unlock-short";
      readonly fields: { readonly name: string; readonly member: string; readonly price: number };
    };

export type HandedOver = Settled | EndedBefore;

/**
 * The goods changed hands: the vendor gave code and key, which have just been found right (R13). Of an
 * order that has ended it says how.
 */
export async function handOver(
  context: Context,
  {
    vendor,
    redemption_id,
    writes_receipt = true,
  }: {
    vendor: Member;
    redemption_id: string;
    /** False where the vendor, who texts, is answered by it. */
    writes_receipt?: boolean;
  },
): Promise<HandedOver> {
  const row = await lockOpen(context, redemption_id);
  if (row === undefined) return await howItEnded(context, vendor, redemption_id);
  if (row.expires_at <= context.now) return { type: "expired-before" };
  return await settle(context, row, { by: vendor, without_key: false, writes_receipt });
}

export type SettledByManager =
  | Settled
  /** No vendor is told of it: there is none. */
  | { readonly type: "settled-at-partner"; readonly fields: Paid }
  | TooLate
  | { readonly type: "own-account" };

/**
 * A manager settles by PIN what the partner hands over, which has no key, and what a vendor does where
 * the key cannot be given: the phone is dead (R13). Not for themselves or their household, nor where
 * it would pay a vendor of their own phone (R10).
 */
export async function settleWithoutKey(
  context: Context,
  { manager, redemption_id }: { manager: Member; redemption_id: string },
): Promise<SettledByManager> {
  const { trx, community, now } = context;
  const row = await lockOpen(context, redemption_id);
  if (row === undefined) return await tooLate(context, redemption_id);
  if (isParty(manager, row)) return { type: "own-account" };
  if (row.expires_at <= now) return { type: "expired-before" };
  const has_key = row.vendor_id !== null;
  const spec = { by: manager, without_key: has_key, writes_receipt: true };
  const settled = await settle(context, row, spec);
  if (settled.type === "unlock-short") return settled;
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor: `member:${manager.id}`,
      act: has_key ? "redemption.settled-without-key" : "redemption.settled",
      subject: `redemption:${redemption_id}`,
    },
  );
  return settled.type === "settled" && !has_key
    ? { ...settled, type: "settled-at-partner" }
    : settled;
}

type Open = NonNullable<Awaited<ReturnType<typeof lockOpen>>>;

/** Ends an open order that is not due: what was held moves, and both are told. */
async function settle(
  context: Context,
  row: Open,
  {
    by,
    without_key,
    writes_receipt,
  }: { by: Member; without_key: boolean; writes_receipt: boolean },
): Promise<Settled> {
  const { trx, community } = context;
  const name = nameIn(row.reward as Names, by.language, community);
  if (row.hold_id === null) {
    const { member, price } = row;
    if ((await balanceOf(trx, community.id, row.member_id)) < price)
      return { type: "unlock-short", fields: { name, member, price } };
    await end(context, row.id, { state: "fulfilled", ended_by: by.id, without_key });
    await tellParties(context, row, { posted: undefined, writes_receipt });
    return { type: "unlocked", fields: { name, member } };
  }
  const posted = await captureHold(context, row, row.hold_id);
  const ending = {
    state: "fulfilled",
    ended_by: by.id,
    without_key,
    journal_id: posted.id,
  } as const;
  await end(context, row.id, ending);
  const paid = await tellParties(context, row, { posted, writes_receipt });
  return {
    type: "settled",
    own: by.id === row.vendor_id ? paid : undefined,
    fields: {
      receipt: receiptCode(posted.id),
      name,
      amount: row.amount,
      balance: posted.balances[by.id] ?? 0,
    },
  };
}

/** The member's receipt, and the vendor's where they were paid. @returns the vendor's. */
async function tellParties(
  context: Context,
  row: Open,
  { posted, writes_receipt }: { posted: Posted | undefined; writes_receipt: boolean },
): Promise<Notice | undefined> {
  const { trx, community, now } = context;
  const member = await memberById(trx, community.id, row.member_id);
  const vendor =
    row.vendor_id === null ? undefined : await memberById(trx, community.id, row.vendor_id);
  const said = (reader: Member, other: Member | undefined, text: string) => ({
    to: reader,
    purpose: "receipt" as const,
    text,
    fields: {
      receipt: posted === undefined ? "" : receiptCode(posted.id),
      name: nameIn(row.reward as Names, reader.language, community),
      other: other?.name ?? community.name,
      amount: row.amount,
      when: momentIn(community.time_zone, now),
      balance: posted?.balances[reader.id] ?? 0,
      help: community.help_number,
    },
  });
  const member_text = posted === undefined ? "unlock-done" : "redemption-done";
  const paid =
    vendor === undefined || posted === undefined
      ? undefined
      : said(vendor, member, "redemption-paid");
  await notify(context, [
    ...(member === undefined ? [] : [said(member, vendor, member_text)]),
    ...(paid === undefined || !writes_receipt ? [] : [paid]),
  ]);
  return paid;
}

/** What was held goes to the vendor, or out of the community where the partner hands over. */
async function captureHold(
  { trx, community, now }: Context,
  row: { id: string; member_id: string; vendor_id: string | null; amount: number },
  hold_id: string,
): Promise<Posted> {
  const journal: Journal = {
    id: uuid(),
    once: `redemption:${row.id}`,
    kind: "redemption",
    happened_at: now,
    legs: [
      { account: row.member_id, unit: "iSoCC", amount: -row.amount },
      { account: row.vendor_id ?? chart.settlement, unit: "iSoCC", amount: row.amount },
    ],
    details: { redemption_id: row.id },
  };
  const answer = await capture(trx, community.id, hold_id, journal);
  // The redemption is open and locked, so its hold is as well.
  assert("posted" in answer, `a hold was not captured: ${JSON.stringify(answer)}`);
  const [posted] = answer.posted;
  assert(posted !== undefined, "one journal was asked for");
  return posted;
}

export type Cancelled =
  | {
      readonly type: "cancelled";
      readonly fields: { readonly name: string; readonly balance: number };
    }
  | TooLate;

/** The member calls an order off: what was held is theirs again, and the vendor is told. */
export async function cancelRedemption(
  context: Context,
  { member, redemption_id }: { member: Member; redemption_id: string },
): Promise<Cancelled> {
  const { trx, community } = context;
  const row = await lockOpen(context, redemption_id);
  if (row === undefined) return await tooLate(context, redemption_id);
  if (row.member_id !== member.id) return { type: "ended-before" };
  const balance = await giveBack(context, row, "cancelled");
  await end(context, row.id, { state: "cancelled", ended_by: member.id });
  const vendor =
    row.vendor_id === null ? undefined : await memberById(trx, community.id, row.vendor_id);
  if (vendor !== undefined)
    await notify(context, [
      {
        to: vendor,
        purpose: "receipt",
        text: "redemption-cancelled",
        fields: {
          member: member.name,
          name: nameIn(row.reward as Names, vendor.language, community),
        },
      },
    ]);
  const name = nameIn(row.reward as Names, member.language, community);
  return { type: "cancelled", fields: { name, balance } };
}

/**
 * Releases what an open redemption holds and puts the reward back into stock.
 * @returns what the member can spend.
 */
export async function giveBack(
  { trx, community, now }: Context,
  row: { hold_id: string | null; reward_id: string; member_id: string },
  why: "cancelled" | "expired",
): Promise<number> {
  await putIntoStock(trx, community, row.reward_id);
  if (row.hold_id === null) return await balanceOf(trx, community.id, row.member_id);
  const answer =
    why === "expired"
      ? await expire(trx, community.id, row.hold_id, now)
      : await release(trx, community.id, row.hold_id);
  assert("ended" in answer, `a hold was not released: ${JSON.stringify(answer)}`);
  return answer.balance;
}

/** Marks a redemption as ended; its row is locked and open. */
export async function end(
  { trx, community, now }: Context,
  id: string,
  ending: {
    state: "fulfilled" | "cancelled" | "expired";
    ended_by: string | null;
    without_key?: boolean;
    journal_id?: string | null;
  },
): Promise<void> {
  await trx
    .updateTable("redemption")
    .set({ ...ending, ended_at: now })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .execute();
}

/** An open redemption, locked: of a vendor, a manager and the member one ends it. */
const lockOpen = (context: Context, id: string) =>
  openRedemptions(context)
    .where("redemption.id", "=", id)
    .forUpdate("redemption")
    .executeTakeFirst();

/** How it ended, for who found it open and comes too late. */
async function tooLate(context: Context, id: string): Promise<TooLate> {
  const row = await ordersWithParties(context).where("redemption.id", "=", id).executeTakeFirst();
  return { type: row?.state === "expired" ? "expired-before" : "ended-before" };
}

async function howItEnded(context: Context, vendor: Member, id: string): Promise<EndedBefore> {
  const { state, reward, amount, journal_id } = await ordersWithParties(context)
    .where("redemption.id", "=", id)
    .executeTakeFirstOrThrow();
  if (state === "expired") return { type: "expired-before" };
  const name = nameIn(reward as Names, vendor.language, context.community);
  if (state === "cancelled") return { type: "called-off-before", fields: { name } };
  if (journal_id === null) return { type: "unlocked-before", fields: { name } };
  return { type: "paid-before", fields: { receipt: receiptCode(journal_id), name, amount } };
}

/** The query behind orders, whatever became of them: each with its reward, member and vendor. */
export const ordersWithParties = ({ trx, community }: Pick<Context, "trx" | "community">) =>
  trx
    .selectFrom("redemption")
    .innerJoin("reward", (join) =>
      join
        .onRef("reward.community_id", "=", "redemption.community_id")
        .onRef("reward.id", "=", "redemption.reward_id"),
    )
    .innerJoin("member", (join) =>
      join
        .onRef("member.community_id", "=", "redemption.community_id")
        .onRef("member.id", "=", "redemption.member_id"),
    )
    .leftJoin("member as seller", (join) =>
      join
        .onRef("seller.community_id", "=", "redemption.community_id")
        .onRef("seller.id", "=", "redemption.vendor_id"),
    )
    .select([
      "redemption.id",
      "redemption.state",
      "redemption.member_id",
      "redemption.vendor_id",
      "redemption.reward_id",
      "redemption.amount",
      "redemption.hold_id",
      "redemption.journal_id",
      "redemption.key_digest",
      "redemption.wrong_keys",
      "redemption.expires_at",
      "reward.name as reward",
      "reward.price",
      "member.name as member",
      "member.guardian_id",
      "member.phone",
      "seller.phone as vendor_phone",
    ])
    .where("redemption.community_id", "=", community.id);

/** Those that are open. */
export const openRedemptions = (context: Pick<Context, "trx" | "community">) =>
  ordersWithParties(context).where("redemption.state", "=", "requested");

/** Whether a manager would settle for themselves, for their household or to their own shop. */
export const isParty = (
  manager: Member,
  row: { guardian_id: string | null; phone: string; vendor_phone: string | null },
): boolean => isOwn(manager, row) || row.vendor_phone === manager.phone;
