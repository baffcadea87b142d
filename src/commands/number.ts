import { askNumberChange } from "../domain/numbers.ts";
import { readPhone } from "../domain/phones.ts";
import { command, nameWord, optional, phoneWord, pinWord, unreadable } from "../sms/grammar.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";

/** `NUMBER <new phone> [name] <PIN>`: asks to move to another number, which a manager witnesses (R28). */
export const number = command(
  "number",
  { phone: phoneWord, name: optional(nameWord), pin: pinWord },
  async ({ phone: typed, name, pin }, texter: Texter) => {
    const new_phone = readPhone(typed, texter.community);
    if (new_phone === undefined) return unreadable("phone");
    const proving = { role: "anyone", pin, name, doing: ["number-asked"] } as const;
    return await withPin(texter, proving, (member) =>
      askNumberChange(texter, { once: texter.once, member, new_phone }),
    );
  },
  {
    ...pinAnswers,
    asks: "number.asks",
    "number-asked": "number.asked",
    "same-number": "number.same",
    "number-pending": "number.pending",
    "phone-full": "enrol.phone-full",
  },
);
