import { sql } from "kysely";
import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import { reserve } from "../ledger/hold.ts";
import { balanceOf } from "../ledger/statement.ts";
import { codeDigest, keyDigest, newHandoverKey, newRedemptionCode } from "./codes.ts";
import type { Context } from "./context.ts";
import { nameIn, type Names } from "./deeds.ts";
import { dayIn } from "./format.ts";
import { noRoomFor } from "./liquidity.ts";
import { memberById, type Member } from "./members.ts";
import { notify, type Notice } from "./notify.ts";
import { tellManagersOfOrder } from "./partner-orders.ts";

export type Requested =
  | {
      /** The partner's have no key: a manager settles them. */
      readonly type: "requested" | "requested-at-partner";
      readonly fields: { readonly name: string; readonly price: number; readonly balance: number };
      /** The member's text with the code, where it was left to the caller to say. */
      readonly code_text?: Notice | undefined;
    }
  | { readonly type: "balance-too-low"; readonly fields: { readonly missing: number } }
  | { readonly type: "out-of-stock" }
  | { readonly type: "no-longer-offered" }
  /** An unlock holds nothing, so that one of each may wait. */
  | { readonly type: "open-already"; readonly fields: { readonly name: string } }
  /** R8: what is outstanding is worth the partner's whole budget. */
  | { readonly type: "budget-reached" };

export interface NewRedemption {
  readonly once: string;
  readonly member: Member;
  readonly reward_id: string;
  /** Null where the partner hands it over. */
  readonly vendor_id: string | null;
  /** False where who orders by text is answered with the code: no other text is written of it. */
  readonly writes_code?: boolean;
}

/** A reward as it is ordered, its row held where there is a stock to count down. */
interface Ordered {
  readonly id: string;
  readonly code: string;
  readonly name: unknown;
  readonly kind: string;
  readonly price: number;
  readonly stock: number | null;
}

/**
 * Orders a reward (R13): the SoCCs are held at once, the vendor is texted the code, the member the
 * same code and a handover key that only they have; where the partner hands over there is no key. An
 * unlock wants the balance and holds nothing, so that one of each is open at a time.
 * Nothing is ordered while the partner's budget is reached (R8). Ordering again under the same `once`
 * answers with the first order.
 */
export async function requestRedemption(context: Context, spec: NewRedemption): Promise<Requested> {
  const { trx, community } = context;
  const known = await orderedBefore(context, spec);
  if (known !== undefined) return known;
  if ((await noRoomFor(context)) !== undefined) return { type: "budget-reached" };
  const reward = await rewardToOrder(context, spec);
  if (reward === undefined) return { type: "no-longer-offered" };
  if (reward.stock === 0) return { type: "out-of-stock" };

  const id = uuid();
  const held = await holdFor(context, spec, reward, id);
  if (held.type !== "held") return held;
  if (reward.stock !== null)
    await trx
      .updateTable("reward")
      .set({ stock: reward.stock - 1 })
      .where("community_id", "=", community.id)
      .where("id", "=", reward.id)
      .execute();
  const secrets = await insertRedemption(context, spec, {
    id,
    hold_id: held.hold_id,
    amount: held.amount,
  });
  const order = { ...secrets, name: reward.name, amount: held.amount };
  const code_text = await tellBoth(context, spec, order);
  const done = requested(context, spec, { ...reward, balance: held.balance });
  return spec.writes_code === false ? { ...done, code_text } : done;
}

const requested = (
  { community }: Context,
  { member, vendor_id }: Pick<NewRedemption, "member" | "vendor_id">,
  { name, price, balance }: { name: unknown; price: number; balance: number },
): Extract<Requested, { readonly type: "requested" | "requested-at-partner" }> => ({
  type: vendor_id === null ? "requested-at-partner" : "requested",
  fields: { name: nameIn(name as Names, member.language, community), price, balance },
});

/** What was answered when this act was done the first time, whatever became of the menu since. */
async function orderedBefore(
  context: Context,
  { once, member }: NewRedemption,
): Promise<Requested | undefined> {
  const { trx, community } = context;
  const known = await trx
    .selectFrom("redemption")
    .innerJoin("reward", (join) =>
      join
        .onRef("reward.community_id", "=", "redemption.community_id")
        .onRef("reward.id", "=", "redemption.reward_id"),
    )
    .select(["reward.name", "reward.price", "redemption.vendor_id"])
    .where("redemption.community_id", "=", community.id)
    .where("redemption.once", "=", once)
    .executeTakeFirst();
  if (known === undefined) return undefined;
  const balance = await balanceOf(trx, community.id, member.id);
  return requested(context, { member, vendor_id: known.vendor_id }, { ...known, balance });
}

/** The reward in force, if this vendor, still active, serves it; none at all for the partner's own. */
async function rewardToOrder(
  { trx, community }: Context,
  { reward_id, vendor_id }: NewRedemption,
): Promise<Ordered | undefined> {
  const reward = await trx
    .selectFrom("reward")
    .select(["id", "code", "name", "kind", "price", "stock"])
    .where("community_id", "=", community.id)
    .where("id", "=", reward_id)
    .where("valid_until", "is", null)
    .where("kind", "!=", "communal")
    .executeTakeFirst();
  if (reward === undefined) return undefined;
  const served = await trx
    .selectFrom("reward_vendor as served")
    .innerJoin("member", (join) =>
      join
        .onRef("member.community_id", "=", "served.community_id")
        .onRef("member.id", "=", "served.vendor_id"),
    )
    .select(["member.id", "member.status"])
    .where("served.community_id", "=", community.id)
    .where("served.reward_code", "=", reward.code)
    .execute();
  const offered =
    vendor_id === null
      ? served.length === 0
      : served.some(({ id, status }) => id === vendor_id && status === "active");
  if (!offered) return undefined;
  if (reward.stock === null) return reward;
  // Few rewards are counted; those who want the last one wait for each other here, and for a change of
  // the menu, which takes what is left to another row.
  const counted = await trx
    .selectFrom("reward")
    .select("stock")
    .where("community_id", "=", community.id)
    .where("id", "=", reward.id)
    .where("valid_until", "is", null)
    .forUpdate()
    .executeTakeFirst();
  return counted && { ...reward, ...counted };
}

type Held =
  | {
      readonly type: "held";
      readonly hold_id: string | null;
      readonly amount: number;
      readonly balance: number;
    }
  | Extract<Requested, { readonly type: "balance-too-low" | "open-already" }>;

/** Sets the price aside; for an unlock only looks whether the balance is there. */
async function holdFor(
  context: Context,
  { member, once }: NewRedemption,
  reward: Ordered,
  redemption_id: string,
): Promise<Held> {
  const { trx, community, now } = context;
  const { kind, price } = reward;
  if (kind === "unlock") return await lookAtBalance(context, member, reward);
  const answer = await reserve(trx, community.id, {
    id: redemption_id,
    once,
    account: member.id,
    amount: price,
    expires_at: expiryOf({ community, now }),
  });
  if ("reserved" in answer)
    return { type: "held", hold_id: answer.reserved, amount: price, balance: answer.balance };
  assert(answer.refused === "insufficient-balance", `a hold was refused: ${answer.refused}`);
  return { type: "balance-too-low", fields: { missing: answer.missing } };
}

async function lookAtBalance(
  { trx, community }: Context,
  member: Member,
  { code, name, price }: Ordered,
): Promise<Held> {
  const open = await trx
    .selectFrom("redemption")
    .innerJoin("reward", (join) =>
      join
        .onRef("reward.community_id", "=", "redemption.community_id")
        .onRef("reward.id", "=", "redemption.reward_id"),
    )
    .select("redemption.id")
    .where("redemption.community_id", "=", community.id)
    .where("redemption.member_id", "=", member.id)
    .where("redemption.state", "=", "requested")
    .where("redemption.amount", "=", 0)
    .where("reward.code", "=", code)
    .executeTakeFirst();
  if (open !== undefined) {
    const fields = { name: nameIn(name as Names, member.language, community) };
    return { type: "open-already", fields };
  }
  const balance = await balanceOf(trx, community.id, member.id);
  return balance >= price
    ? { type: "held", hold_id: null, amount: 0, balance }
    : { type: "balance-too-low", fields: { missing: price - balance } };
}

const expiryOf = ({ community, now }: Pick<Context, "community" | "now">): Date =>
  new Date(now.getTime() + community.redemption_expiry_days * 86_400_000);

interface Secrets {
  readonly code: string;
  /** Undefined where the partner hands over. */
  readonly key: string | undefined;
}

const code_tries_max = 8;

/** Writes the order under a code that no open one has; only digests of code and key are kept. */
async function insertRedemption(
  { trx, community, now, pepper }: Context,
  { member, reward_id, vendor_id, once }: NewRedemption,
  { id, hold_id, amount }: { id: string; hold_id: string | null; amount: number },
): Promise<Secrets> {
  const key = vendor_id === null ? undefined : newHandoverKey();
  for (let tries = 0; tries < code_tries_max; tries += 1) {
    const code = newRedemptionCode();
    const inserted = await trx
      .insertInto("redemption")
      .values({
        community_id: community.id,
        id,
        once,
        member_id: member.id,
        reward_id,
        vendor_id,
        amount,
        hold_id,
        code_digest: codeDigest(pepper, code),
        key_digest: key === undefined ? null : keyDigest(pepper, id, key),
        requested_at: now,
        expires_at: expiryOf({ community, now }),
      })
      // Only another code is worth another try: the same act at the same moment is begun again, and
      // then finds the first.
      .onConflict((conflict) =>
        conflict
          .columns(["community_id", "code_digest"])
          // In the statement itself: a prepared one cannot tell by a parameter which index is meant.
          .where("state", "=", sql.lit("requested"))
          .doNothing(),
      )
      .returning("id")
      .executeTakeFirst();
    if (inserted !== undefined) return { code, key };
  }
  throw new Error("no free redemption code");
}

/**
 * Tells what is held, which for an unlock is nothing, and not what it costs.
 * @returns the member's text.
 */
async function tellBoth(
  context: Context,
  { member, vendor_id, writes_code = true }: NewRedemption,
  { code, key, ...order }: Secrets & { readonly name: unknown; readonly amount: number },
): Promise<Notice> {
  const { trx, community } = context;
  const vendor = vendor_id === null ? undefined : await memberById(trx, community.id, vendor_id);
  const day = dayIn(community.time_zone, expiryOf(context));
  const nameFor = (language: string): string => nameIn(order.name as Names, language, community);
  const fields = { code, day, price: order.amount, help: community.help_number };
  const ofMember = { ...fields, name: nameFor(member.language), vendor: vendor?.name ?? "" };
  const own: Notice = {
    to: member,
    purpose: "code",
    ...(key === undefined
      ? { secrets: ["code"], text: "redemption-at-partner", fields: ofMember }
      : { secrets: ["code", "key"], text: "redemption-code", fields: { ...ofMember, key } }),
  };
  await notify(context, [
    ...(writes_code ? [own] : []),
    ...(vendor === undefined
      ? []
      : [
          {
            to: vendor,
            purpose: "code" as const,
            secrets: ["code"],
            text: "redemption-order",
            fields: { ...fields, name: nameFor(vendor.language), member: member.name },
          },
        ]),
  ]);
  if (vendor_id === null)
    await tellManagersOfOrder(context, {
      member,
      reward: order.name,
      code,
      price: order.amount,
      day,
    });
  return own;
}
