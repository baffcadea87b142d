import { rejectClaims } from "../domain/decisions.ts";
import {
  claimCode,
  command,
  menuWord,
  phrase,
  pinWord,
  unreadable,
  withShort,
} from "../sms/grammar.ts";
import { decide, decideAnswers, disputed } from "./decide.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";
import { codesOfDeed, isAll } from "./waiting.ts";

/**
 * `NO <claim> <reason> <PIN>`: a manager rejects a claim, and the member hears why (R11); `NO <deed>
 * ALL <reason> <PIN>` all that wait for a deed.
 */
const onClaims = command(
  "no",
  { claim: menuWord, reason: phrase, pin: pinWord },
  async ({ claim, reason, pin }, texter: Texter) => {
    const [all = "", ...words] = reason.split(" ");
    const mayBeDeed = words.length > 0 && isAll(texter, all);
    if (!mayBeDeed && claimCode(claim) === undefined) return unreadable("claim");
    const spec = { role: "manager", pin, doing: ["rejected", "all-rejected"] } as const;
    const done = await withPin(texter, spec, async (manager) => {
      const codes = mayBeDeed ? await codesOfDeed(texter, manager, claim) : undefined;
      if (codes === undefined && claimCode(claim) === undefined)
        return { type: "none-of-deed" as const };
      const text = codes === undefined ? reason : words.join(" ");
      const spec = { manager, codes: codes ?? [claim], reason: { text } };
      const rejected = await rejectClaims(texter, spec);
      return rejected.type === "rejected" && rejected.fields.count > 1
        ? { ...rejected, type: "all-rejected" as const }
        : rejected;
    });
    const several = done.type === "asks" && Number(done.fields?.["count"]) > 1;
    return several ? { ...done, type: "all-asks" as const } : done;
  },
  {
    ...pinAnswers,
    asks: "no.asks",
    "all-asks": "no.all-asks",
    rejected: "no.rejected",
    "all-rejected": "no.all-rejected",
    "no-such-claim": "no-such-claim",
    "own-claim": "own-claim",
    "none-of-deed": "list.none",
  },
);

/** Also `NO <receipt> <PIN>`: what is disputed stands (R17). */
export const no = withShort(
  onClaims,
  disputed,
  (said, texter: Texter) => decide(texter, { ...said, upholds: false }),
  decideAnswers,
);
