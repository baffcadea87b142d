import { readFunds } from "../domain/balance.ts";
import { askCashOut, callOffCashOut, openCashOuts } from "../domain/cash-outs.ts";
import { moneyFor } from "../domain/money.ts";
import { END, flow } from "../ussd/flow.ts";
import { choose, confirm, typed, unless, wholeNumber } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";
import { ownName, ownPin, pinAfterName } from "./own.ts";

/** A vendor asks to be paid for the SoCCs they took, at the community's fixed value (R15). */
export const cashOut = flow<Caller>("cash-out")
  .ask(
    "allowed",
    unless("no-cash", ({ caller, community }: Caller) =>
      caller.cashes_out && community.cash_out_value !== null ? undefined : {},
    ),
  )
  .ask(
    "amount",
    typed<Caller, object, number>({
      hints: ["not-an-amount", "more-than-balance"],
      fields: async (call) => ({
        ...(await readFunds(call, call.caller)),
        cash: cashFor(call, 1),
        currency: call.community.currency,
      }),
      read: async (reply, call) => {
        const value = wholeNumber(reply);
        if (value === undefined) return { type: "unread", hint: "not-an-amount" };
        const { balance } = await readFunds(call, call.caller);
        return value > balance
          ? { type: "unread", hint: "more-than-balance", fields: { balance } }
          : { type: "read", value };
      },
    }),
  )
  .ask("name", ownName)
  .ask(
    "agreed",
    confirm(({ amount }, call: Caller) => ({
      amount,
      cash: cashFor(call, amount),
      currency: call.community.currency,
    })),
  )
  .ask("pin", pinAfterName)
  .act(({ amount }, call) => askCashOut(call, { once: call.once, vendor: call.caller, amount }), {
    "cash-out-asked": END,
    "no-cash": END,
    "balance-too-low": END,
  });

/** A vendor calls off a cash-out that is not paid yet. */
export const cashOuts = flow<Caller>("cash-outs")
  .ask(
    "cash-out",
    choose({
      from: (call) => openCashOuts(call, call.caller),
      line: ({ amount, currency, cash }) => ({ amount, currency, cash }),
    }),
  )
  .ask("pin", ownPin)
  .act(
    ({ "cash-out": { id } }, call) =>
      callOffCashOut(call, { vendor: call.caller, cash_out_id: id }),
    { "called-off": END, "ended-before": END },
  );

const cashFor = ({ community }: Caller, amount: number): string =>
  moneyFor(amount, community.cash_out_value ?? "0");
