import { confirmClaims } from "../domain/decisions.ts";
import { claims, command, pinWord } from "../sms/grammar.ts";
import { asManager, managerAnswers, type Sender } from "./sender.ts";

/** `OK <claim>… <PIN>`: a manager confirms one claim or several (R9). */
export const ok = command(
  "ok",
  { claims, pin: pinWord },
  (said, sender: Sender) =>
    asManager(sender, said.pin, () =>
      confirmClaims(sender, { manager: sender.sender, codes: [...new Set(said.claims)] }),
    ),
  { ...managerAnswers, confirmed: "ok.confirmed", "budget-reached": "ok.budget-reached" },
);
