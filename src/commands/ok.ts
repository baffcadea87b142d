import { confirmClaims } from "../domain/decisions.ts";
import { claims, command, pinWord, withShort } from "../sms/grammar.ts";
import { decide, decideAnswers, disputed } from "./decide.ts";
import { byManager, managerAnswers, type Texter } from "./sender.ts";

/** `OK <claim>… <PIN>`: a manager confirms one claim or several (R9). */
const onClaims = command(
  "ok",
  { claims, pin: pinWord },
  ({ claims: codes, pin }, texter: Texter) =>
    byManager(texter, { pin, doing: ["confirmed"] }, (manager) =>
      confirmClaims(texter, { manager, codes: [...new Set(codes)] }),
    ),
  {
    ...managerAnswers,
    asks: "ok.asks",
    confirmed: "ok.confirmed",
    "budget-reached": "ok.budget-reached",
    "no-such-claim": "no-such-claim",
    "own-claim": "own-claim",
  },
);

/** Also `OK <receipt> <PIN>`: what is disputed is undone, once the partner upholds it too (R17). */
export const ok = withShort(
  onClaims,
  disputed,
  (said, texter: Texter) => decide(texter, { ...said, upholds: true }),
  decideAnswers,
);
