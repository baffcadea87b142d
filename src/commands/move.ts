import { moveNumber } from "../domain/numbers.ts";
import { readPhone } from "../domain/phones.ts";
import { command, nameWord, optional, phoneWord, pinWord, unreadable } from "../sms/grammar.ts";
import { personAnswers, personAt } from "./person.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";

/**
 * `MOVE <phone> <new phone> [first name] <PIN>`: a manager witnesses that somebody before them moves to
 * another number, whether they asked by NUMBER or have lost their phone (R28).
 */
export const move = command(
  "move",
  { phone: phoneWord, to: phoneWord, name: optional(nameWord), pin: pinWord },
  async ({ phone: from, to, name, pin }, texter: Texter) => {
    const phone = readPhone(from, texter.community);
    if (phone === undefined) return unreadable("phone");
    const new_phone = readPhone(to, texter.community);
    if (new_phone === undefined) return unreadable("to");
    const proving = { role: "manager", pin, doing: ["witnessed"] } as const;
    return await withPin(texter, proving, async (manager) => {
      const found = await personAt(texter, { phone, name });
      if (found.type !== "found") return found;
      const { member } = found;
      return await moveNumber(texter, { once: texter.once, manager, member, new_phone });
    });
  },
  {
    ...pinAnswers,
    ...personAnswers,
    asks: "move.asks",
    witnessed: "move.witnessed",
    "own-account": "deed.own-account",
    "same-number": "move.same",
    "number-pending": "move.pending",
    "phone-full": "enrol.phone-full",
  },
);
