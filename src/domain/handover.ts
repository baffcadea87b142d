import { timingSafeEqual } from "node:crypto";
import { askManagers } from "./asking-managers.ts";
import { codeDigest, keyDigest } from "./codes.ts";
import type { Context } from "./context.ts";
import { nameIn, type Names } from "./deeds.ts";
import type { Member } from "./members.ts";
import { handOver, ordersWithParties, type HandedOver } from "./settling.ts";
import { looking, type Count, type Looked, type Seen } from "./vendor-tries.ts";

/** An open redemption that a vendor has named by its code. */
export interface Order {
  readonly [key: string]: string | number | boolean;
  readonly is_open: true;
  readonly id: string;
  /** The reward's name in the vendor's language. */
  readonly name: string;
  readonly member: string;
  readonly amount: number;
}

/** A code that names no open order of the vendor. */
export interface NotOpen {
  readonly [key: string]: string | number | boolean | null;
  readonly is_open: false;
  /** The order it named, which has ended; null where there was none. Nobody is told which it is. */
  readonly id: string | null;
  /** Tries left. */
  readonly tries: number;
}

/** What a code was found to name. */
export type Named = Order | NotOpen;

/** From so many wrong keys on, the key of an order is worth nothing. */
const wrong_keys_max = 5;

/** The newest order that a code names, whatever became of it; undefined where there is none. */
type Row = Awaited<ReturnType<typeof newestByCode>>;

/**
 * Finds a vendor's open order by its code; another vendor's code is as wrong as none. A right code
 * does not forget the wrong tries before it: the vendor has it by text, and could else try keys
 * without end, code by code. The code of an order that has ended is answered as one that never was,
 * and counted: only its key shows who may know (`keyOfOrder`).
 */
export async function orderByCode(
  context: Context,
  { vendor, code }: { vendor: Member; code: string },
): Promise<Exclude<Looked<Named>, { type: "wrong" | "key-spent" }>> {
  const row = await newestByCode(context, [vendor], code);
  const looked = await looking<Order>(context, vendor, () =>
    row !== undefined && isOpen(context, row)
      ? { type: "found", found: orderOf(context, vendor, row), tries: "kept" }
      : wrong,
  );
  if (looked.type === "wrong") {
    const { tries } = looked.fields;
    return { type: "found", found: { is_open: false, id: row?.id ?? null, tries } };
  }
  if (looked.type === "key-spent") throw new Error("no key was looked at");
  return looked;
}

/**
 * Whether the key is the one the member was given for this order. A right key is right also when the
 * order has ended since its code was found, or before: the vendor is then told how, and the wrong try
 * that the code alone was counted as is taken back.
 */
export const keyOfOrder = (
  context: Context,
  { vendor, order, key }: { vendor: Member; order: Named; key: string },
): Promise<Looked<true>> =>
  looking<true>(context, vendor, () =>
    order.id === null
      ? wrong
      : keySeen(context, {
          vendor,
          order_id: order.id,
          key,
          ended: order.is_open ? "kept" : "last-taken-back",
        }),
  );

/**
 * A vendor gives code and key at once: hands over, or tells how the order has ended that they are
 * right for, which is no wrong try and forgets none. The vendor's receipt is left to the caller to say.
 */
export async function handOverByCode(
  context: Context,
  { vendor, code, key }: { vendor: Member; code: string; key: string },
): Promise<HandedOver | Exclude<Looked<never>, { type: "found" }>> {
  const row = await newestByCode(context, [vendor], code);
  const looked = await looking<true>(context, vendor, () =>
    row === undefined ? wrong : keySeen(context, { vendor, order_id: row.id, key, ended: "kept" }),
  );
  if (looked.type !== "found") return looked;
  if (row === undefined) throw new Error("a key was right for no order");
  return await handOver(context, { vendor, redemption_id: row.id, writes_receipt: false });
}

/** Which of these vendors a code's newest order is at; undefined where none of them had one. */
export const vendorOfCode = async (
  context: Context,
  { vendors, code }: { vendors: readonly Member[]; code: string },
): Promise<string | undefined> =>
  (await newestByCode(context, vendors, code))?.vendor_id ?? undefined;

const wrong: Seen<never> = { type: "wrong", spends_key: false };

/**
 * A code names one open order, and any number that have ended: an open one is always the newest,
 * since no other is given a code while it is in use.
 */
const newestByCode = (context: Context, vendors: readonly Member[], code: string) =>
  ordersWithParties(context)
    .where(
      "redemption.vendor_id",
      "in",
      vendors.map(({ id }) => id),
    )
    .where("redemption.code_digest", "=", codeDigest(context.pepper, code))
    .orderBy("redemption.requested_at", "desc")
    .limit(1)
    .executeTakeFirst();

const isOpen = (
  { now }: Context,
  { state, expires_at }: { state: string; expires_at: Date },
): boolean => state === "requested" && expires_at > now;

const orderOf = (
  { community }: Context,
  { language }: Member,
  { id, reward, member, amount }: NonNullable<Row>,
): Order => ({
  is_open: true,
  id,
  name: nameIn(reward as Names, language, community),
  member,
  amount,
});

/** Looks at a key under its order's lock, so that what it is right for has not ended meanwhile. */
async function keySeen(
  context: Context,
  { vendor, order_id, key, ended }: { vendor: Member; order_id: string; key: string; ended: Count },
): Promise<Seen<true>> {
  const row = await ordersWithParties(context)
    .where("redemption.vendor_id", "=", vendor.id)
    .where("redemption.id", "=", order_id)
    .forUpdate("redemption")
    .executeTakeFirst();
  if (row === undefined || row.key_digest === null) return wrong;
  const is_right = timingSafeEqual(row.key_digest, keyDigest(context.pepper, row.id, key));
  if (!isOpen(context, row)) return is_right ? { type: "found", found: true, tries: ended } : wrong;
  if (row.wrong_keys >= wrong_keys_max) return { type: "key-spent" };
  if (is_right) return { type: "found", found: true, tries: "forgotten" };
  return { type: "wrong", spends_key: await countWrongKey(context, vendor, row) };
}

/**
 * Counts by order too: a right key of another order starts the vendor's own count over.
 * @returns whether the key is worth nothing from now on, and the managers have been told.
 */
async function countWrongKey(
  context: Context,
  vendor: Member,
  { id, wrong_keys, reward, member }: NonNullable<Row>,
): Promise<boolean> {
  const { trx, community } = context;
  const count = wrong_keys + 1;
  await trx
    .updateTable("redemption")
    .set({ wrong_keys: count })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .execute();
  if (count < wrong_keys_max) return false;
  await askManagers(context, "key-spent", ({ language }) => ({
    vendor: vendor.name,
    member,
    name: nameIn(reward as Names, language, community),
    count,
  }));
  return true;
}
