import { askCashOut } from "../domain/cash-outs.ts";
import { command, nameWord, number, optional, pinWord } from "../sms/grammar.ts";
import { valueAnswers, withPinAndName, type Texter } from "./sender.ts";

/** `CASHOUT <amount> <PIN>`: a vendor asks to be paid for the SoCCs they took (R15). */
export const cashout = command(
  "cashout",
  { amount: number, name: optional(nameWord), pin: pinWord },
  ({ amount, name, pin }, texter: Texter) =>
    withPinAndName(texter, { role: "vendor", pin, name, doing: ["cash-out-asked"] }, (vendor) =>
      askCashOut(texter, { once: texter.once, vendor, amount, writes_receipt: false }),
    ),
  {
    ...valueAnswers,
    asks: "cashout.asks",
    "cash-out-asked": "cashout.asked",
    "no-cash": "cashout.no-cash",
    "balance-too-low": "balance-too-low",
  },
);
