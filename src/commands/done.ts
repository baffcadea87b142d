import assert from "node:assert/strict";
import type { Account } from "../domain/callers.ts";
import { handOverByCode, vendorOfCode } from "../domain/handover.ts";
import { orderToSettle } from "../domain/orders.ts";
import { readPhone } from "../domain/phones.ts";
import { settleWithoutKey } from "../domain/settling.ts";
import { command, digits, pinWord, unreadable, withShort } from "../sms/grammar.ts";
import { hasManager, listOrders, ofMember, orderMeant } from "./done-orders.ts";
import { asOldest, byManager, managerAnswers, roleAnswers, type Texter } from "./sender.ts";

/**
 * `DONE <code> <key>`: a vendor hands over a reward (R13). Without a PIN: the key is what only the
 * member has, and wrong tries are counted together with those by dialling (R14). Of several vendors on
 * a phone it is the one whose order it is, or the oldest where it is nobody's.
 */
const withKey = command(
  "done",
  { code: digits(6), key: digits(5) },
  async ({ code, key }, texter: Texter) => {
    const vendors = texter.accounts.filter(({ roles }) => roles.includes("vendor"));
    if (vendors.length === 0 && hasManager(texter)) return { type: "by-pin" as const };
    const id = vendors.length > 1 ? await vendorOfCode(texter, { vendors, code }) : undefined;
    const accounts = id === undefined ? texter.accounts : vendors.filter((own) => own.id === id);
    return await asOldest({ ...texter, accounts }, "vendor", async (vendor) =>
      toldVendor(await handOverByCode(texter, { vendor, code, key })),
    );
  },
  {
    ...roleAnswers,
    "by-pin": "done.by-pin",
    settled: "redemption-paid",
    unlocked: "done.unlocked",
    "unlock-short": "done.unlock-short",
    wrong: "done.wrong-code",
    "key-spent": "done.key-spent",
    locked: "done.locked",
    "paid-before": "done.paid-before",
    "unlocked-before": "done.unlocked-before",
    "called-off-before": "done.called-off-before",
    "expired-before": "done.expired-before",
  },
);

/** What waits for the word, where texts carry no PIN. */
const doing = ["settled-for", "settled-at-partner", "unlocked-for"] as const;

/** What a manager is told who settles. */
const settlingAnswers = {
  ...managerAnswers,
  asks: "done.asks",
  "settled-for": "done.settled-for",
  "settled-at-partner": "done.settled-at-partner",
  "unlocked-for": "done.unlocked-for",
  "unlock-short-for": "done.unlock-short-for",
  "own-account": "deed.own-account",
  "ended-before": "done.ended-before",
  "expired-before": "done.expired-before",
} as const;

/**
 * Also `DONE <code> <PIN>`: a manager settles what the partner hands over, and what a vendor does where
 * the key cannot be given, the member's phone being dead (R13). A key has five digits, so that
 * nobody's PIN is taken for one.
 */
const byCode = withShort(
  withKey,
  { code: digits(6), pin: pinWord },
  async ({ code, pin }, texter: Texter) => {
    // Where texts carry no PIN, this is also what a vendor texts who leaves out the key.
    if (!hasManager(texter)) return unreadable("key");
    return await byManager(texter, { pin, doing }, async (manager) => {
      const order = await orderToSettle(texter, code);
      if (order === undefined) return { type: "no-such-order" as const };
      return await settleFor(texter, manager, order.id);
    });
  },
  { ...settlingAnswers, "no-such-order": "done.no-such-order" },
);

/**
 * Also `DONE <member's phone> [reward] [first name] <PIN>`: the order that nobody has the code of, the
 * member's phone being dead.
 */
const byPhone = withShort(
  byCode,
  ofMember,
  async ({ phone: typed, reward, name, pin }, texter: Texter) => {
    const phone = readPhone(typed, texter.community);
    if (phone === undefined) return unreadable("phone");
    return await byManager(texter, { pin, doing }, async (manager) => {
      const meant = await orderMeant(texter, manager, { phone, reward, name });
      return meant.type === "found" ? await settleFor(texter, manager, meant.order.id) : meant;
    });
  },
  { ...settlingAnswers, "which-order": "done.which", "no-order-there": "done.no-order-there" },
);

/** Also `DONE`: what is open. */
export const done = withShort(byPhone, {}, (_said, texter: Texter) => listOrders(texter), {
  ...roleAnswers,
  "to-settle": "done.to-settle",
  "to-hand-over": "done.to-hand-over",
  "none-open": "done.none-open",
});

/** Who was paid is answered with the receipt, which is paid for once. */
function toldVendor(done: Awaited<ReturnType<typeof handOverByCode>>) {
  if (done.type !== "settled") return done;
  assert(done.own !== undefined, "a vendor who was paid has a receipt");
  return { type: "settled" as const, fields: done.own.fields };
}

/** A vendor and a manager are told otherwise of the same ending. */
async function settleFor(texter: Texter, manager: Account, redemption_id: string) {
  const settled = await settleWithoutKey(texter, { manager, redemption_id });
  if (settled.type === "settled") return { type: "settled-for" as const, fields: settled.fields };
  if (settled.type === "unlocked") return { ...settled, type: "unlocked-for" as const };
  if (settled.type === "unlock-short") return { ...settled, type: "unlock-short-for" as const };
  return settled;
}
