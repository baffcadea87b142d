import { sql } from "kysely";
import { codeDigest } from "./codes.ts";
import type { Context } from "./context.ts";
import { nameIn, type Names } from "./deeds.ts";
import { managersOf, type Member } from "./members.ts";
import { notify } from "./notify.ts";
import { isKey } from "./redemptions.ts";
import { openRedemptions } from "./settling.ts";

/** An open redemption that a vendor has named by its code. */
export interface Order {
  readonly [key: string]: string | number;
  readonly id: string;
  /** The reward's name in the vendor's language. */
  readonly name: string;
  readonly member: string;
  readonly amount: number;
}

export type Looked<T> =
  | { readonly type: "found"; readonly found: T }
  | { readonly type: "wrong"; readonly fields: { readonly tries: number } }
  | { readonly type: "locked"; readonly fields: { readonly minutes: number } };

/** R14: five wrong codes or keys in a row lock the vendor's entry for an hour. */
const wrong_tries_max = 5;
const lock_minutes = 60;

/**
 * Finds a vendor's open order by its code; another vendor's code is as wrong as none. A right code
 * does not forget the wrong tries before it: the vendor has it by text, and could else try keys
 * without end, code by code.
 */
export async function orderByCode(
  context: Context,
  { vendor, code }: { vendor: Member; code: string },
): Promise<Looked<Order>> {
  const { community, now, pepper } = context;
  return await looking(context, { vendor, forgives: false }, async () => {
    const row = await openRedemptions(context)
      .where("redemption.vendor_id", "=", vendor.id)
      .where("redemption.code_digest", "=", codeDigest(pepper, "code", code))
      .where("redemption.expires_at", ">", now)
      .executeTakeFirst();
    return (
      row && {
        id: row.id,
        name: nameIn(row.reward as Names, vendor.language, community),
        member: row.member,
        amount: row.amount,
      }
    );
  });
}

/**
 * Whether the key is the one the member was given for this order. A right key is right also when the
 * order has ended since its code was found: the vendor is then told that it ended, and no wrong try
 * is counted.
 */
export async function keyOfOrder(
  context: Context,
  { vendor, order_id, key }: { vendor: Member; order_id: string; key: string },
): Promise<Looked<true>> {
  const { trx, community } = context;
  return await looking(context, { vendor, forgives: true }, async () => {
    const row = await trx
      .selectFrom("redemption")
      .select("key_digest")
      .where("community_id", "=", community.id)
      .where("vendor_id", "=", vendor.id)
      .where("id", "=", order_id)
      .executeTakeFirst();
    return row !== undefined && isKey(context.pepper, row.key_digest, key) ? true : undefined;
  });
}

/** Looks under the vendor's lock: tries at the same moment are counted one after the other. */
async function looking<T>(
  context: Context,
  { vendor, forgives }: { vendor: Member; forgives: boolean },
  look: () => Promise<T | undefined>,
): Promise<Looked<T>> {
  const { trx, community, now } = context;
  const { wrong_tries, locked_until } = await trx
    .selectFrom("vendor")
    .select(["wrong_tries", "locked_until"])
    .where("community_id", "=", community.id)
    .where("member_id", "=", vendor.id)
    // Not FOR UPDATE: an order being written refers to this row under its member's ledger lock,
    // which a hand-over that holds this row waits for. They would wait in a circle.
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  if (locked_until !== null && locked_until > now)
    return { type: "locked", fields: { minutes: minutesUntil(locked_until, now) } };
  const found = await look();
  if (found !== undefined) {
    if (forgives && wrong_tries > 0)
      await setTries(context, vendor, { wrong_tries: 0, locked_until: null });
    return { type: "found", found };
  }
  const tries = wrong_tries + 1;
  await noteWrongTry(context, vendor, { locks: tries < wrong_tries_max ? 0 : 1 });
  if (tries < wrong_tries_max) {
    await setTries(context, vendor, { wrong_tries: tries, locked_until: null });
    return { type: "wrong", fields: { tries: wrong_tries_max - tries } };
  }
  const until = new Date(now.getTime() + lock_minutes * 60_000);
  await setTries(context, vendor, { wrong_tries: 0, locked_until: until });
  const managers = await managersOf(trx, community.id);
  await notify(
    context,
    managers.map((to) => ({
      to,
      purpose: "request",
      text: "vendor-locked",
      fields: { name: vendor.name, count: wrong_tries_max },
    })),
  );
  return { type: "locked", fields: { minutes: lock_minutes } };
}

/** The count starts over with a right key; how many they were is kept for who looks for fraud. */
async function noteWrongTry(
  { trx, community, now }: Context,
  vendor: Member,
  { locks }: { locks: 0 | 1 },
): Promise<void> {
  await trx
    .insertInto("vendor_wrong_tries")
    .values({
      community_id: community.id,
      vendor_id: vendor.id,
      day: sql<Date>`(${now}::timestamptz at time zone ${community.time_zone}::text)::date`,
      tries: 1,
      locks,
    })
    .onConflict((conflict) =>
      conflict.columns(["community_id", "vendor_id", "day"]).doUpdateSet((eb) => ({
        tries: eb("vendor_wrong_tries.tries", "+", 1),
        locks: eb("vendor_wrong_tries.locks", "+", locks),
      })),
    )
    .execute();
}

async function setTries(
  { trx, community }: Context,
  vendor: Member,
  tries: { wrong_tries: number; locked_until: Date | null },
): Promise<void> {
  await trx
    .updateTable("vendor")
    .set(tries)
    .where("community_id", "=", community.id)
    .where("member_id", "=", vendor.id)
    .execute();
}

const minutesUntil = (until: Date, now: Date): number =>
  Math.ceil((until.getTime() - now.getTime()) / 60_000);
