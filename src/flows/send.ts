import { readFunds } from "../domain/balance.ts";
import { readPhone } from "../domain/phones.ts";
import { recipientsAt, sendableToday, sendSoccs } from "../domain/transfers.ts";
import { END, flow } from "../ussd/flow.ts";
import { confirm, typed, wholeNumber } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";
import { ownName, pinAfterName } from "./own.ts";
import { oneOfThem, personOf, type Found } from "./people.ts";

/** Whoever has the number; no search by name, which would show who is here to anybody. */
const byNumber = typed<Caller, object, Found>({
  hints: ["not-a-phone", "no-recipient"],
  read: async (reply, call) => {
    const phone = readPhone(reply, call.community);
    if (phone === undefined) return { type: "unread", hint: "not-a-phone" };
    const found = await recipientsAt(call, call.caller, phone);
    return found.length === 0
      ? { type: "unread", hint: "no-recipient" }
      : { type: "read", value: found.map(personOf) };
  },
});

/** How much: what the balance and the day's limit leave. */
const amount = typed<Caller, object, number>({
  hints: ["not-an-amount", "more-than-balance", "more-than-daily"],
  fields: (call) => readFunds(call, call.caller),
  read: async (reply, call) => {
    const value = wholeNumber(reply);
    if (value === undefined) return { type: "unread", hint: "not-an-amount" };
    const { balance } = await readFunds(call, call.caller);
    if (value > balance) return { type: "unread", hint: "more-than-balance", fields: { balance } };
    const left = await sendableToday(call, call.caller);
    if (value > left) return { type: "unread", hint: "more-than-daily", fields: { left } };
    return { type: "read", value };
  },
});

/** Send SoCCs to a member, a vendor or a group (R16): the name is shown before the PIN. */
export const send = flow<Caller>("send")
  .ask("found", byNumber)
  .ask("recipient", oneOfThem)
  .ask("amount", amount)
  .ask("name", ownName)
  .ask(
    "agreed",
    confirm(({ recipient, amount }) => ({
      name: recipient.name,
      end: recipient.end,
      amount,
    })),
  )
  .ask("pin", pinAfterName)
  .act(
    ({ recipient, amount }, call) =>
      sendSoccs(call, {
        once: call.once,
        sender: call.caller,
        recipient_id: recipient.id,
        amount,
      }),
    {
      sent: END,
      "balance-too-low": END,
      "daily-limit": END,
      "recipient-gone": END,
    },
  );
