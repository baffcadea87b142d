import { confirmClaims } from "../domain/decisions.ts";
import {
  claimCode,
  command,
  menuWord,
  pinWord,
  unreadable,
  withShort,
  type Several,
} from "../sms/grammar.ts";
import { decide, decideAnswers, disputed } from "./decide.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";
import { codesOfDeed, isAll } from "./waiting.ts";

/** Claims' codes, or the word of a deed and one that says that all of its claims are meant. */
const codesOrDeed: Several<string> = { takes: "several", read: menuWord.read };

/**
 * `OK <claim>… <PIN>`: a manager confirms one claim or several (R9); `OK <deed> ALL <PIN>` all that
 * wait for a deed. No word for all can be a claim's code.
 */
const onClaims = command(
  "ok",
  { claims: codesOrDeed, pin: pinWord },
  async ({ claims: said, pin }, texter: Texter) => {
    const [deed = "", all = ""] = said;
    const whole = said.length === 2 && isAll(texter, all);
    if (!whole && said.some((word) => claimCode(word) === undefined)) return unreadable("claims");
    const spec = { role: "manager", pin, doing: ["confirmed"] } as const;
    return await withPin(texter, spec, async (manager) => {
      const codes = whole ? await codesOfDeed(texter, manager, deed) : [...new Set(said)];
      return codes === undefined
        ? { type: "none-of-deed" as const }
        : await confirmClaims(texter, { manager, codes });
    });
  },
  {
    ...pinAnswers,
    asks: "ok.asks",
    confirmed: "ok.confirmed",
    "budget-reached": "ok.budget-reached",
    "no-such-claim": "no-such-claim",
    "own-claim": "own-claim",
    "none-of-deed": "list.none",
  },
);

/** Also `OK <receipt> <PIN>`: what is disputed is undone, once the partner upholds it too (R17). */
export const ok = withShort(
  onClaims,
  disputed,
  (said, texter: Texter) => decide(texter, { ...said, upholds: true }),
  decideAnswers,
);
