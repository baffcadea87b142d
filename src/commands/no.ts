import { rejectClaims } from "../domain/decisions.ts";
import { command, oneClaim, phrase, pinWord, withShort } from "../sms/grammar.ts";
import { decide, decideAnswers, disputed } from "./decide.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";

/** `NO <claim> <reason> <PIN>`: a manager rejects a claim, and the member hears why (R11). */
const onClaims = command(
  "no",
  { claim: oneClaim, reason: phrase, pin: pinWord },
  ({ claim, reason, pin }, texter: Texter) =>
    withPin(texter, { role: "manager", pin, doing: ["rejected"] }, (manager) =>
      rejectClaims(texter, { manager, codes: [claim], reason: { text: reason } }),
    ),
  {
    ...pinAnswers,
    asks: "no.asks",
    rejected: "no.rejected",
    "no-such-claim": "no-such-claim",
    "own-claim": "own-claim",
  },
);

/** Also `NO <receipt> <PIN>`: what is disputed stands (R17). */
export const no = withShort(
  onClaims,
  disputed,
  (said, texter: Texter) => decide(texter, { ...said, upholds: false }),
  decideAnswers,
);
