import { rejectClaims } from "../domain/decisions.ts";
import { command, oneClaim, phrase, pinWord } from "../sms/grammar.ts";
import { asManager, managerAnswers, type Sender } from "./sender.ts";

/** `NO <claim> <reason> <PIN>`: a manager rejects a claim, and the member hears why (R11). */
export const no = command(
  "no",
  { claim: oneClaim, reason: phrase, pin: pinWord },
  ({ claim, reason, pin }, sender: Sender) =>
    asManager(sender, pin, () =>
      rejectClaims(sender, {
        manager: sender.sender,
        codes: [claim],
        reason: { text: reason },
      }),
    ),
  { ...managerAnswers, rejected: "no.rejected" },
);
