import type { Account } from "../domain/callers.ts";
import { keepNumber, openChanges } from "../domain/numbers.ts";
import { command, nameWord, optional, pinWord } from "../sms/grammar.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";

/**
 * `KEEP [name] <PIN>`: stops a change of one's number, also one that somebody else began (R28). Where
 * texts carry no PIN it is for the account of the phone that has a change under way.
 */
export const keep = command(
  "keep",
  { name: optional(nameWord), pin: pinWord },
  async ({ name, pin }, texter: Texter) => {
    const moving = pin === null ? await movingOf(texter) : [];
    const accounts = moving.length > 0 ? moving : texter.accounts;
    const spec = { role: "anyone", pin, name, doing: ["number-kept"] } as const;
    return await withPin({ ...texter, accounts }, spec, (member) => keepNumber(texter, member));
  },
  {
    ...pinAnswers,
    asks: "keep.asks",
    "number-kept": "keep.kept",
    "no-such-change": "keep.none",
  },
);

async function movingOf(texter: Texter): Promise<readonly Account[]> {
  const moving: Account[] = [];
  for (const account of texter.accounts)
    if ((await openChanges(texter, account)).length > 0) moving.push(account);
  return moving;
}
