import type { Account } from "../domain/callers.ts";
import { hashPin, isEasyPin } from "../domain/pins.ts";
import { chooseFirstPin, replacePin } from "../domain/resets.ts";
import { command, pinDigits } from "../sms/grammar.ts";
import { asOldest, pinAnswers, withPin, type Texter } from "./sender.ts";

/**
 * `PIN <old> <new>`, also where no other text carries a PIN: a word would not show that it is known;
 * and the same four digits twice for an account that has no PIN yet, or whose reset has come due (R26,
 * R27).
 */
export const pin = command(
  "pin",
  { old: pinDigits, new: pinDigits },
  async ({ old, new: fresh }, texter: Texter) => {
    const waits = texter.accounts.filter((account) => account.pin !== "set");
    if (old === fresh && waits.length > 0)
      return await asOldest({ ...texter, accounts: waits }, "anyone", (account) =>
        choose(texter, account, fresh),
      );
    if (waits.length > 0 && waits.length === texter.accounts.length)
      return { type: "not-the-same" as const };
    return await withPin(texter, { role: "anyone", pin: old }, async (member) =>
      isEasyPin(fresh, texter.phone)
        ? { type: "easy" as const }
        : await replacePin(texter, { member, hash: await hashPin(fresh, texter.pepper) }),
    );
  },
  {
    ...pinAnswers,
    "pin-set": "pin.set",
    "not-now": "pin.not-the-same",
    "not-the-same": "pin.not-the-same",
    easy: "pin.easy",
  },
);

async function choose(texter: Texter, member: Account, digits: string) {
  if (isEasyPin(digits, texter.phone)) return { type: "easy" as const };
  return await chooseFirstPin(texter, { member, hash: await hashPin(digits, texter.pepper) });
}
