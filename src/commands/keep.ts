import { keepNumber } from "../domain/numbers.ts";
import { command, pinWord } from "../sms/grammar.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";

/** `KEEP <PIN>`: stops a change of one's number, also one that somebody else began (R28). */
export const keep = command(
  "keep",
  { pin: pinWord },
  ({ pin }, texter: Texter) =>
    withPin(texter, { role: "anyone", pin, doing: ["number-kept"] }, (member) =>
      keepNumber(texter, member),
    ),
  {
    ...pinAnswers,
    asks: "keep.asks",
    "number-kept": "keep.kept",
    "no-such-change": "keep.none",
  },
);
