import { handOverByCode, vendorOfCode } from "../domain/handover.ts";
import { orderToSettle } from "../domain/orders.ts";
import { settleWithoutKey, type SettledByManager } from "../domain/settling.ts";
import { command, digits, pinWord, unreadable, withShort } from "../sms/grammar.ts";
import { asOldest, pinAnswers, roleAnswers, withPin, type Texter } from "./sender.ts";

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
    const id = vendors.length > 1 ? await vendorOfCode(texter, { vendors, code }) : undefined;
    const accounts = id === undefined ? texter.accounts : vendors.filter((own) => own.id === id);
    return await asOldest({ ...texter, accounts }, "vendor", (vendor) =>
      handOverByCode(texter, { vendor, code, key }),
    );
  },
  {
    ...roleAnswers,
    settled: "done.settled",
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

/**
 * Also `DONE <code> <PIN>`: a manager settles what the partner hands over, and what a vendor does where
 * the key cannot be given, the member's phone being dead (R13). A key has five digits, so that
 * nobody's PIN is taken for one.
 */
export const done = withShort(
  withKey,
  { code: digits(6), pin: pinWord },
  async ({ code, pin }, texter: Texter) => {
    // Where texts carry no PIN, this is also what a vendor texts who leaves out the key.
    if (!texter.accounts.some(({ roles }) => roles.includes("manager"))) return unreadable("key");
    const spec = { role: "manager", pin, doing } as const;
    return await withPin(texter, spec, async (manager) => {
      const order = await orderToSettle(texter, code);
      if (order === undefined) return { type: "no-such-order" as const };
      return toldManager(await settleWithoutKey(texter, { manager, redemption_id: order.id }));
    });
  },
  {
    ...pinAnswers,
    asks: "done.asks",
    "settled-for": "done.settled-for",
    "settled-at-partner": "done.settled-at-partner",
    "unlocked-for": "done.unlocked-for",
    "unlock-short-for": "done.unlock-short-for",
    "no-such-order": "done.no-such-order",
    "own-account": "deed.own-account",
    "ended-before": "done.ended-before",
    "expired-before": "done.expired-before",
  },
);

/** A vendor and a manager are told otherwise of the same ending. */
function toldManager(settled: SettledByManager) {
  if (settled.type === "settled") return { ...settled, type: "settled-for" as const };
  if (settled.type === "unlocked") return { ...settled, type: "unlocked-for" as const };
  if (settled.type === "unlock-short") return { ...settled, type: "unlock-short-for" as const };
  return settled;
}
