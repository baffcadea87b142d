import type { Account } from "../domain/callers.ts";
import { keyOfOrder, orderByCode } from "../domain/handover.ts";
import { orderToSettle } from "../domain/orders.ts";
import { readPhone } from "../domain/phones.ts";
import { handOver, settleWithoutKey } from "../domain/settling.ts";
import { command, digits, pinWord, unreadable, withShort } from "../sms/grammar.ts";
import { listOrders, ofMember, orderMeant } from "./done-orders.ts";
import { asOldest, pinAnswers, roleAnswers, withPin, type Texter } from "./sender.ts";

/**
 * `DONE <code> <key>`: a vendor hands over a reward (R13). Without a PIN: the key is what only the
 * member has, and wrong tries are counted together with those by dialling (R14).
 */
const withKey = command(
  "done",
  { code: digits(6), key: digits(5) },
  async (said, texter: Texter) => {
    if (isManagerAlone(texter)) return { type: "by-pin" as const };
    return await asOldest(texter, "vendor", (vendor) => settle(texter, vendor, said));
  },
  {
    ...roleAnswers,
    "by-pin": "done.by-pin",
    settled: "redemption-paid",
    unlocked: "done.settled",
    wrong: "done.wrong-code",
    locked: "done.locked",
    "ended-before": "done.ended-before",
    "expired-before": "done.expired-before",
  },
);

/** What waits for the word, where texts carry no PIN. */
const doing = ["settled-for"] as const;

/**
 * Also `DONE <code> <PIN>`: a manager settles where the key cannot be given, the member's phone being
 * dead (R13). A key has five digits, so that nobody's PIN is taken for one.
 */
const byCode = withShort(
  withKey,
  { code: digits(6), pin: pinWord },
  async ({ code, pin }, texter: Texter) => {
    // Where texts carry no PIN, this is also what a vendor texts who leaves out the key.
    if (!hasRole(texter, "manager")) return unreadable("key");
    const spec = { role: "manager", pin, doing } as const;
    return await withPin(texter, spec, async (manager) => {
      const order = await orderToSettle(texter, code);
      if (order === undefined) return { type: "no-such-order" as const };
      return await settleFor(texter, manager, order.id);
    });
  },
  {
    ...pinAnswers,
    asks: "done.asks",
    "settled-for": "done.settled-for",
    "no-such-order": "done.no-such-order",
    "own-account": "deed.own-account",
    "ended-before": "done.ended-before",
    "expired-before": "done.expired-before",
  },
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
    return await withPin(texter, { role: "manager", pin, doing }, async (manager) => {
      const meant = await orderMeant(texter, manager, { phone, reward, name });
      return meant.type === "found" ? await settleFor(texter, manager, meant.order.id) : meant;
    });
  },
  {
    ...pinAnswers,
    asks: "done.asks",
    "settled-for": "done.settled-for",
    "which-order": "done.which",
    "no-order-there": "done.no-order-there",
    "own-account": "deed.own-account",
    "ended-before": "done.ended-before",
    "expired-before": "done.expired-before",
  },
);

/** Also `DONE`: what is open. */
export const done = withShort(byPhone, {}, (_said, texter: Texter) => listOrders(texter), {
  ...roleAnswers,
  "to-settle": "done.to-settle",
  "to-hand-over": "done.to-hand-over",
  "none-open": "done.none-open",
});

const hasRole = ({ accounts }: Texter, role: "manager" | "vendor"): boolean =>
  accounts.some(({ roles }) => roles.includes(role));

const isManagerAlone = (texter: Texter): boolean =>
  hasRole(texter, "manager") && !hasRole(texter, "vendor");

async function settleFor(texter: Texter, manager: Account, redemption_id: string) {
  const settled = await settleWithoutKey(texter, { manager, redemption_id });
  return settled.type === "settled" ? { ...settled, type: "settled-for" as const } : settled;
}

async function settle(
  texter: Texter,
  vendor: Account,
  { code, key }: { code: string; key: string },
) {
  const order = await orderByCode(texter, { vendor, code });
  if (order.type !== "found") return order;
  const { id } = order.found;
  const right = await keyOfOrder(texter, { vendor, order_id: id, key });
  if (right.type !== "found") return right;
  const settled = await handOver(texter, { vendor, redemption_id: id, writes_receipt: false });
  if (settled.type !== "settled") return settled;
  const { fields, own } = settled;
  // An unlock has no receipt.
  return own === undefined
    ? { type: "unlocked" as const, fields }
    : { type: "settled" as const, fields: own.fields };
}
