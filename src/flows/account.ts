import { setLanguage } from "../domain/languages.ts";
import { askToJoin, householdOf } from "../domain/joining.ts";
import { kindOf } from "../domain/members.ts";
import { askNumberChange, openChanges, stopNumberChange } from "../domain/numbers.ts";
import { replacePin } from "../domain/resets.ts";
import { ordersOfMember } from "../domain/order-lists.ts";
import { cancelRedemption } from "../domain/settling.ts";
import { END, flow } from "../ussd/flow.ts";
import { choose, confirm, pick } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";
import { typedName } from "./join.ts";
import { language } from "./language.ts";
import { freshPin, samePinAgain } from "./new-pin.ts";
import { ownPin } from "./own.ts";
import { phoneNumber, shownPhone } from "./people.ts";

const keys = {
  orders: 1,
  language: 2,
  pin: 3,
  number: 4,
  "keep-number": 5,
  household: 6,
  dispute: 7,
  "cash-outs": 8,
} as const;
const all = Object.keys(keys) as (keyof typeof keys)[];

/** Whether an account has an entry: cash-outs who may ask for one, a household only a person. */
const hasEntry = ({ cashes_out, roles }: Caller["caller"], entry: keyof typeof keys): boolean =>
  entry === "cash-outs" ? cashes_out : entry !== "household" || kindOf(roles) !== "group";

/** What belongs to the caller's own account. */
export const account = flow<Caller>("account")
  .ask(
    "choice",
    pick({
      keys,
      shown: ({ caller }) => all.filter((key) => hasEntry(caller, key)),
      fields: ({ caller }: Caller) => ({ name: caller.name }),
    }),
  )
  .tell(({ choice }) => ({ type: choice }), {
    orders: { go: "orders" },
    language: { go: "language" },
    pin: { go: "pin" },
    number: { go: "number" },
    "keep-number": { go: "keep-number" },
    household: { go: "household" },
    dispute: { go: "dispute" },
    "cash-outs": { go: "cash-outs" },
  });

/** Open orders, to call one off (R14). */
export const orders = flow<Caller>("orders")
  .ask(
    "order",
    choose({
      from: async (call) => (await ordersOfMember(call, call.caller)).toReversed(),
      line: ({ name, amount }) => ({ name, amount }),
    }),
  )
  .ask(
    "agreed",
    confirm(({ order: { name, amount } }) => ({ name, amount })),
  )
  .ask("pin", ownPin)
  .act(
    ({ order }, call) => cancelRedemption(call, { member: call.caller, redemption_id: order.id }),
    { cancelled: END, "ended-before": END, "expired-before": END },
  );

export const changeLanguage = flow<Caller>("language")
  .ask("language", language)
  .act(
    async ({ language: { code } }, call) => {
      await setLanguage(call, call.caller, code);
      return { type: "spoken", speaks: code };
    },
    { spoken: END },
  );

/** The PIN now, then a new one twice. */
export const changePin = flow<Caller>("pin")
  .ask("now", ownPin)
  .ask("pin", freshPin)
  .ask("same", samePinAgain)
  .act(({ pin }, call) => replacePin(call, { member: call.caller, hash: pin }), {
    "pin-set": END,
  });

/** Asks to move to another number, which a manager has to witness (R28). */
export const changeNumber = flow<Caller>("number")
  .ask("phone", phoneNumber)
  .ask(
    "agreed",
    confirm(({ phone: { end } }) => ({ end })),
  )
  .ask("pin", ownPin)
  .act(
    ({ phone }, call) =>
      askNumberChange(call, {
        once: call.once,
        member: call.caller,
        new_phone: shownPhone(call, phone),
      }),
    {
      "number-asked": END,
      "same-number": END,
      "number-pending": END,
      "phone-full": END,
    },
  );

/** Stops a change of number, also one that somebody else began. */
export const keepNumber = flow<Caller>("keep-number")
  .ask(
    "change",
    choose({
      from: (call) => openChanges(call, call.caller),
      line: ({ end }) => ({ end }),
    }),
  )
  .ask("pin", ownPin)
  .act(
    ({ change }, call) => stopNumberChange(call, { member: call.caller, change_id: change.id }),
    {
      "number-kept": END,
      "no-such-change": END,
    },
  );

/** Most names that the screen has room for. */
const names_shown = 2;

/** An account for a child, or for one without a phone, that this phone serves (R30). */
export const household = flow<Caller>("household")
  .ask(
    "name",
    typedName<Caller>(async (call) => {
      const names = [call.caller.name, ...(await householdOf(call, call.caller))];
      const more = names.length > names_shown ? ` +${names.length - names_shown}` : "";
      return { names: names.slice(0, names_shown).join(", ") + more };
    }),
  )
  .ask(
    "agreed",
    confirm(({ name }) => ({ name })),
  )
  .act(
    ({ name }, call) =>
      askToJoin(call, {
        once: call.once,
        phone: call.caller.phone,
        name,
        language: call.caller.language,
        guardian: call.caller,
      }),
    { asked: END, "asked-before": END, "too-many-asked": END },
  );
