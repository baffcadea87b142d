import { sql } from "kysely";
import { askManagers } from "./asking-managers.ts";
import type { Context } from "./context.ts";
import type { Member } from "./members.ts";
import { minutesUntil } from "./pins.ts";

/** What a vendor is told who gave a code, a key, or both. */
export type Looked<T> =
  | { readonly type: "found"; readonly found: T }
  | { readonly type: "wrong"; readonly fields: { readonly tries: number } }
  /** So many wrong keys were typed for the order that its key is worth nothing. */
  | { readonly type: "key-spent" }
  | { readonly type: "locked"; readonly fields: { readonly minutes: number } };

/** What a look came to, before it is counted. */
export type Seen<T> =
  | { readonly type: "found"; readonly found: T; readonly tries: Count }
  | { readonly type: "wrong"; readonly spends_key: boolean }
  | { readonly type: "key-spent" };

/**
 * What becomes of the wrong tries before: they stay, the last of them was none after all, or all are
 * forgotten.
 */
export type Count = "kept" | "last-taken-back" | "forgotten";

/** R14: five wrong codes or keys in a row lock the vendor's entry for an hour. */
const wrong_tries_max = 5;
const lock_minutes = 60;

/** Looks under the vendor's lock: tries at the same moment are counted one after the other. */
export async function looking<T>(
  context: Context,
  vendor: Member,
  look: () => Promise<Seen<T>> | Seen<T>,
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
  const seen = await look();
  switch (seen.type) {
    case "key-spent":
      return seen;
    case "found":
      await count(context, vendor, wrong_tries, seen.tries);
      return { type: "found", found: seen.found };
    case "wrong": {
      const left = await countWrong(context, vendor, wrong_tries + 1);
      if (left === 0) return { type: "locked", fields: { minutes: lock_minutes } };
      return seen.spends_key ? { type: "key-spent" } : { type: "wrong", fields: { tries: left } };
    }
  }
}

async function count(
  context: Context,
  vendor: Member,
  wrong_tries: number,
  tries: Count,
): Promise<void> {
  if (tries === "last-taken-back") await forgetLastWrongTry(context, vendor);
  const left = { kept: wrong_tries, "last-taken-back": wrong_tries - 1, forgotten: 0 }[tries];
  if (left !== wrong_tries)
    await setTries(context, vendor, { wrong_tries: Math.max(0, left), locked_until: null });
}

/** @returns how many tries are left; with none the vendor is locked, and the managers are told. */
async function countWrong(context: Context, vendor: Member, tries: number): Promise<number> {
  const { now } = context;
  const left = wrong_tries_max - tries;
  await noteWrongTry(context, vendor, { locks: left > 0 ? 0 : 1 });
  if (left > 0) {
    await setTries(context, vendor, { wrong_tries: tries, locked_until: null });
    return left;
  }
  const until = new Date(now.getTime() + lock_minutes * 60_000);
  await setTries(context, vendor, { wrong_tries: 0, locked_until: until });
  const fields = { name: vendor.name, count: wrong_tries_max };
  await askManagers(context, "vendor-locked", () => fields);
  return 0;
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

/** On the last day on which there was one: it may have been before midnight. */
async function forgetLastWrongTry({ trx, community }: Context, vendor: Member): Promise<void> {
  await trx
    .updateTable("vendor_wrong_tries")
    .set((eb) => ({ tries: eb("tries", "-", 1) }))
    .where("community_id", "=", community.id)
    .where("vendor_id", "=", vendor.id)
    .where("tries", ">", 0)
    .where("day", "=", (eb) =>
      eb
        .selectFrom("vendor_wrong_tries as latest")
        .select((of) => of.fn.max("latest.day").as("day"))
        .where("latest.community_id", "=", community.id)
        .where("latest.vendor_id", "=", vendor.id),
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
