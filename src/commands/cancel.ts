import type { Account } from "../domain/callers.ts";
import { callOffCashOut, openCashOuts } from "../domain/cash-outs.ts";
import { pinPlace } from "../domain/notify.ts";
import { ordersOfMember } from "../domain/order-lists.ts";
import { ownOrderByCode } from "../domain/orders.ts";
import { cancelRedemption } from "../domain/settling.ts";
import { fitList } from "../sms/fit.ts";
import {
  command,
  digits,
  menuWord,
  nameWord,
  number,
  optional,
  pinWord,
  unreadable,
  withShort,
  type Word,
} from "../sms/grammar.ts";
import { itemMeant } from "./menu.ts";
import { asOldest, pinAnswers, roleAnswers, withPin, type Texter } from "./sender.ts";

/** An order's code has so many digits; an amount that has as many is written with a 0 before it. */
const code_digits = 6;

const cashOutAmount: Word<number> = {
  takes: "one",
  read: (text) => (text.length === code_digits ? undefined : number.read(text)),
};

/** `CANCEL <code> [name] <PIN>`: calls an open order off (R14). */
const order = command(
  "cancel",
  { code: digits(code_digits), name: optional(nameWord), pin: pinWord },
  ({ code, name, pin }, texter: Texter) =>
    withPin(texter, { role: "anyone", pin, name, doing: ["cancelled"] }, async (member) => {
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

/** `CANCEL <amount> [name] <PIN>`: a vendor calls off a cash-out that nobody has paid yet (R15). */
const orAmount = withShort(
  order,
  { amount: cashOutAmount, name: optional(nameWord), pin: pinWord },
  async ({ amount, name, pin }, texter: Texter) => {
    // Anybody else has left out a digit of an order's code.
    if (!texter.accounts.some(({ roles }) => roles.includes("vendor"))) return unreadable("code");
    return await withPin(texter, { role: "vendor", pin, name, doing: ["called-off"] }, (vendor) =>
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

/** A reward by its word; a number alone is an amount or a code. */
const rewardWord: Word<string> = {
  takes: "one",
  read: (text) => (/\p{L}/u.test(text) ? menuWord.read(text) : undefined),
};

/** `CANCEL <reward> [name] <PIN>`: calls off the newest order of a reward, whose code is lost. */
const orReward = withShort(
  orAmount,
  { reward: rewardWord, name: optional(nameWord), pin: pinWord },
  ({ reward, name, pin }, texter: Texter) =>
    withPin(texter, { role: "anyone", pin, name, doing: ["cancelled"] }, async (member) => {
      const own = (await ordersOfMember(texter, member)).toReversed();
      const open = itemMeant(own, reward);
      if (open === undefined) return { type: "none-of-reward" as const };
      return await cancelRedemption(texter, { member, redemption_id: open.id });
    }),
  {
    ...pinAnswers,
    asks: "cancel.asks",
    cancelled: "cancel.cancelled",
    "none-of-reward": "cancel.none-of-reward",
    "ended-before": "cancel.none-of-reward",
    "expired-before": "cancel.none-of-reward",
  },
);

/** `CANCEL`: the open orders and cash-outs of the phone's accounts, each by the word to call it off. */
export const cancel = withShort(
  orReward,
  {},
  (_said, texter: Texter) =>
    asOldest(texter, "anyone", async ({ language }) => {
      const open: Open[] = [];
      for (const own of texter.accounts) open.push(...(await openOf(texter, own)));
      const [first] = open;
      if (first === undefined) return { type: "none-open" as const };
      const { word } = first;
      const list = fitList(open, {
        ways: [({ word, what }) => `${word} (${what})`, ({ word }) => word],
        text: (open) =>
          texter.say(language, ["cancel.listed"], { ...pinPlace(texter.community), word, open })
            .text,
      });
      return { type: "listed" as const, fields: { word, open: list } };
    }),
  { ...roleAnswers, listed: "cancel.listed", "none-open": "cancel.none-open" },
);

/** What can be called off: the word to text for it, and what it is. */
interface Open {
  readonly word: string;
  readonly what: string;
}

async function openOf(texter: Texter, own: Account): Promise<readonly Open[]> {
  const orders = await ordersOfMember(texter, own);
  const cash_outs = own.roles.includes("vendor") ? await openCashOuts(texter, own) : [];
  return [
    ...orders.map(({ code, name, amount }) => ({ word: code, what: `${name} ${amount}` })),
    ...cash_outs.map(({ amount, currency, cash }) => ({
      word: String(amount),
      what: `${currency} ${cash}`,
    })),
  ];
}

/** Most cash-outs that a text has room for. */
const amounts_shown = 5;

/** Of two for the same amount, the later. */
async function callOff(texter: Texter, vendor: Account, amount: number) {
  const waiting = await openCashOuts(texter, vendor);
  if (waiting.length === 0) return { type: "no-cash-out" as const };
  const found = waiting.find((cash_out) => cash_out.amount === amount);
  if (found === undefined) {
    const amounts = waiting.slice(0, amounts_shown).map((cash_out) => cash_out.amount);
    return { type: "no-such-cash-out" as const, fields: { amount, cash_outs: amounts.join(", ") } };
  }
  const done = await callOffCashOut(texter, { vendor, cash_out_id: found.id });
  if (done.type === "ended-before") return { type: "no-cash-out" as const };
  // What the word that is asked for names, as an order's name.
  const name = `${found.currency} ${found.cash}`;
  return { ...done, fields: { ...done.fields, name } };
}
