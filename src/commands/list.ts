import type { Account } from "../domain/callers.ts";
import { waitingClaims } from "../domain/claims.ts";
import { pinPlace } from "../domain/notify.ts";
import { fitList } from "../sms/fit.ts";
import { command, nameWord, pinWord, withShort } from "../sms/grammar.ts";
import { asOldest, managerAnswers, roleAnswers, withPinAndName, type Texter } from "./sender.ts";

const told = { told: "list.told", empty: "list.empty" } as const;

/** `LIST`: the claims that wait for a manager, the oldest first, each by its code. */
const waiting = command(
  "list",
  {},
  (_said, texter: Texter) =>
    asOldest(texter, "manager", (manager) => claimsWaitingFor(texter, manager)),
  { ...roleAnswers, ...told },
);

/**
 * Also `LIST <first name> <PIN>`: a manager who was silent for long says who they are, and goes on as
 * before (R28).
 */
export const list = withShort(
  waiting,
  { name: nameWord, pin: pinWord },
  ({ name, pin }, texter: Texter) =>
    withPinAndName(texter, { role: "manager", name, pin }, (manager) =>
      claimsWaitingFor(texter, manager),
    ),
  { ...managerAnswers, ...told },
);

async function claimsWaitingFor(texter: Texter, manager: Account) {
  const found = await waitingClaims(texter, manager);
  if (found.length === 0) return { type: "empty" as const };
  const pin = pinPlace(texter.community);
  const claims = fitList(found, {
    ways: [
      // A text does not name a deed that may be sensitive (R6), so neither does the list.
      ({ code, member_name, value }) => `${code} ${member_name} ${value}`,
    ],
    text: (shown) => texter.say(manager.language, ["list.told"], { ...pin, claims: shown }).text,
  });
  return { type: "told" as const, fields: { claims } };
}
