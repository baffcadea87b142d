import { askedChanges, startNumberChange, witnessNumberChange } from "../domain/numbers.ts";
import { ordersByCode, ordersForManager, type ListedOrder } from "../domain/order-lists.ts";
import { startReset } from "../domain/resets.ts";
import { settleWithoutKey } from "../domain/settling.ts";
import { END, flow, type Reading } from "../ussd/flow.ts";
import { choose, confirm, typed } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";
import { managersOnly } from "./managers.ts";
import { ownName, ownPin, pinAfterName } from "./own.ts";
import { lookUp, memberOf, oneOfThem, phoneNumber, shownPhone, somebody } from "./people.ts";

/** Open orders that a manager means: of a code, or of who is found by number or name. */
async function ordersMeant(reply: string, call: Caller): Promise<Reading<readonly ListedOrder[]>> {
  const manager = call.caller;
  const is_code = /^\d{6}$/.test(reply);
  const members = is_code ? [] : await lookUp(call, reply);
  if (!is_code && members.length === 0) return { type: "unread", hint: "nobody-found" };
  const value = is_code
    ? await ordersByCode(call, { manager, code: reply })
    : await ordersForManager(call, manager, { members });
  return value.length === 0 ? { type: "unread", hint: "no-open-order" } : { type: "read", value };
}

/**
 * A manager settles what the partner hands over, and what a vendor does where there is no key: the
 * member's phone is dead (R13).
 */
export const settle = flow<Caller>("settle")
  .ask("allowed", managersOnly)
  .ask(
    "found",
    typed<Caller, object, readonly ListedOrder[]>({
      hints: ["nobody-found", "no-open-order"],
      read: ordersMeant,
    }),
  )
  .ask(
    "order",
    choose<Caller, { readonly found: readonly ListedOrder[] }, ListedOrder>({
      from: (_call, { found }) => found,
      line: ({ name, member }) => ({ name, member }),
      settled: (_call, { found }) => (found.length === 1 ? found[0] : undefined),
    }),
  )
  .ask(
    "agreed",
    confirm(({ order: { name, member, amount } }) => ({ name, member, amount })),
  )
  .ask("name", ownName)
  .ask("pin", pinAfterName)
  .act(
    ({ order }, call) => settleWithoutKey(call, { manager: call.caller, redemption_id: order.id }),
    {
      settled: END,
      "settled-at-partner": END,
      unlocked: END,
      "unlock-short": END,
      "ended-before": END,
      "expired-before": END,
      "own-account": END,
    },
  );

/** A manager starts the reset of a forgotten or blocked PIN (R27). */
export const reset = flow<Caller>("reset")
  .ask("allowed", managersOnly)
  .ask("found", somebody)
  .ask("person", oneOfThem)
  .ask(
    "agreed",
    confirm(({ person: { name, end } }) => ({ name, end })),
  )
  .ask("pin", ownPin)
  .act(
    async ({ person }, call) =>
      await startReset(call, { manager: call.caller, member: await memberOf(call, person) }),
    { "reset-started": END, "reset-before": END, "no-pin-yet": END, "own-account": END },
  );

/** A manager witnesses a change of number that a member asked for (R28). */
export const witness = flow<Caller>("witness")
  .ask("allowed", managersOnly)
  .ask(
    "change",
    choose({
      from: (call) => askedChanges(call, call.caller),
      line: ({ name, end }) => ({ name, end }),
    }),
  )
  .ask(
    "agreed",
    confirm(({ change: { name, end } }) => ({ name, end })),
  )
  .ask("pin", ownPin)
  .act(
    ({ change }, call) => witnessNumberChange(call, { manager: call.caller, change_id: change.id }),
    {
      witnessed: END,
      "own-account": END,
      "same-number": END,
      "number-pending": END,
      "phone-full": END,
      "no-such-change": { again: "change" },
    },
  );

/** A manager moves a member whose phone is lost to another number (R28). */
export const move = flow<Caller>("move")
  .ask("allowed", managersOnly)
  .ask("found", somebody)
  .ask("person", oneOfThem)
  .ask("phone", phoneNumber)
  .ask(
    "agreed",
    confirm(({ person, phone }) => ({ name: person.name, end: phone.end })),
  )
  .ask("pin", ownPin)
  .act(
    async ({ person, phone }, call) =>
      await startNumberChange(call, {
        once: call.once,
        manager: call.caller,
        member: await memberOf(call, person),
        new_phone: shownPhone(call, phone),
      }),
    {
      witnessed: END,
      "own-account": END,
      "same-number": END,
      "number-pending": END,
      "phone-full": END,
      "no-such-change": END,
    },
  );
