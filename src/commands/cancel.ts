import type { Account } from "../domain/callers.ts";
import { callOffCashOut, openCashOuts } from "../domain/cash-outs.ts";
import { ownOrderByCode } from "../domain/orders.ts";
import { cancelRedemption } from "../domain/settling.ts";
import { command, digits, number, pinWord, unreadable, withShort } from "../sms/grammar.ts";
import type { Word } from "../sms/grammar.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";

/** An order's code has so many digits; an amount that has as many is written with a 0 before it. */
const code_digits = 6;

const cashOutAmount: Word<number> = {
  takes: "one",
  read: (text) => (text.length === code_digits ? undefined : number.read(text)),
};

/** `CANCEL <code> <PIN>`: calls an open order off (R14). */
const order = command(
  "cancel",
  { code: digits(code_digits), pin: pinWord },
  ({ code, pin }, texter: Texter) =>
    withPin(texter, { role: "anyone", pin, doing: ["cancelled"] }, async (member) => {
      const open = await ownOrderByCode(texter, { member, code });
      if (open === undefined) return { type: "no-such-order" as const };
      return await cancelRedemption(texter, { member, redemption_id: open.id });
    }),
  {
    ...pinAnswers,
    asks: "cancel.asks",
    cancelled: "cancel.cancelled",
    "no-such-order": "cancel.no-such-order",
    "ended-before": "cancel.no-such-order",
    "expired-before": "cancel.no-such-order",
  },
);

/** `CANCEL <amount> <PIN>`: a vendor calls off a cash-out that nobody has paid yet (R15). */
export const cancel = withShort(
  order,
  { amount: cashOutAmount, pin: pinWord },
  async ({ amount, pin }, texter: Texter) => {
    // Anybody else has left out a digit of an order's code.
    if (!texter.accounts.some(({ roles }) => roles.includes("vendor"))) return unreadable("code");
    return await withPin(texter, { role: "vendor", pin, doing: ["called-off"] }, (vendor) =>
      callOff(texter, vendor, amount),
    );
  },
  {
    ...pinAnswers,
    asks: "cancel.asks",
    "called-off": "cancel.called-off",
    "no-such-cash-out": "cancel.no-such-cash-out",
    "no-cash-out": "cancel.no-cash-out",
  },
);

/** Most cash-outs that a text has room for. */
const amounts_shown = 5;

/** Of two for the same amount, the later. */
async function callOff(texter: Texter, vendor: Account, amount: number) {
  const waiting = await openCashOuts(texter, vendor);
  if (waiting.length === 0) return { type: "no-cash-out" as const };
  const found = waiting.find((cash_out) => cash_out.amount === amount);
  if (found === undefined) {
    const amounts = waiting.slice(0, amounts_shown).map((cash_out) => cash_out.amount);
    return { type: "no-such-cash-out" as const, fields: { amount, waiting: amounts.join(", ") } };
  }
  const done = await callOffCashOut(texter, { vendor, cash_out_id: found.id });
  if (done.type === "ended-before") return { type: "no-cash-out" as const };
  // What the word that is asked for names, as an order's name.
  const name = `${found.currency} ${found.cash}`;
  return { ...done, fields: { ...done.fields, name } };
}
