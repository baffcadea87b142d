import { declineByEnd } from "../domain/joining.ts";
import { command, digits, pinWord } from "../sms/grammar.ts";
import { fullName } from "./enrol.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";

/** `DECLINE <end> <name> <PIN>`: a manager does not let somebody in who asked to join (R26). */
export const decline = command(
  "decline",
  { end: digits(3), name: fullName, pin: pinWord },
  ({ end, name, pin }, texter: Texter) =>
    withPin(texter, { role: "manager", pin, doing: ["declined"] }, (manager) =>
      declineByEnd(texter, { manager, end, name }),
    ),
  {
    ...pinAnswers,
    asks: "decline.asks",
    declined: "decline.declined",
    "no-such-request": "nobody-found",
  },
);
