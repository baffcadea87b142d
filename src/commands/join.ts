import type { Account } from "../domain/callers.ts";
import { askToJoin, readName } from "../domain/joining.ts";
import { isSameFirstName, kindOf } from "../domain/members.ts";
import { command, type Command } from "../sms/grammar.ts";
import type { Texter } from "./sender.ts";

/**
 * `JOIN <name>`: asks the managers of the community whose number was texted (R26). From a phone that
 * serves a person here, and with a name that is not its own, it asks for one more account on that phone:
 * a child's, or that of one without a phone (R30).
 */
export const join: Command<Texter> = {
  ...command(
    "join",
    { name: { takes: "rest", read: readName } },
    async ({ name }, texter: Texter) => {
      const { accounts, once, phone, language } = texter;
      const asking = { once, phone, name };
      if (accounts.length === 0)
        return await askToJoin(texter, { ...asking, language, guardian: null });
      const guardian = accounts.find(({ roles }) => kindOf(roles) !== "group");
      if (guardian === undefined || accounts.some((account) => isNamed(account, name)))
        return { type: "member" as const };
      const spec = { ...asking, language: guardian.language, guardian };
      return forHousehold(await askToJoin(texter, spec));
    },
    {
      asked: "join.asked",
      "asked-before": "join.asked-before",
      "household-asked": "join.household",
      "household-asked-before": "join.household-before",
      "too-many-asked": "join.too-many",
      member: "join.member",
    },
  ),
  open: true,
};

/** Whether they say their own name, or their first name alone. */
const isNamed = (account: Account, name: string): boolean =>
  account.name.toLowerCase() === name.toLowerCase() ||
  (!name.includes(" ") && isSameFirstName(name, account.name));

/** Told to the guardian, not to who is to be let in. */
function forHousehold(done: Awaited<ReturnType<typeof askToJoin>>) {
  return done.type === "too-many-asked"
    ? done
    : { ...done, type: `household-${done.type}` as const };
}
