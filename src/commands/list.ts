import { waitingClaims } from "../domain/claims.ts";
import { pinPlace } from "../domain/notify.ts";
import { fitList } from "../sms/fit.ts";
import { command } from "../sms/grammar.ts";
import { asOldest, roleAnswers, type Texter } from "./sender.ts";

/** `LIST`: the claims that wait for a manager, the oldest first, each by its code. */
export const list = command(
  "list",
  {},
  (_said, texter: Texter) =>
    asOldest(texter, "manager", async (manager) => {
      const waiting = await waitingClaims(texter, manager);
      if (waiting.length === 0) return { type: "empty" as const };
      const pin = pinPlace(texter.community);
      const claims = fitList(waiting, {
        ways: [
          // A text does not name a deed that may be sensitive (R6), so neither does the list.
          ({ code, member_name, value }) => `${code} ${member_name} ${value}`,
        ],
        text: (shown) =>
          texter.say(manager.language, ["list.told"], { ...pin, claims: shown }).text,
      });
      return { type: "told" as const, fields: { claims } };
    }),
  { ...roleAnswers, told: "list.told", empty: "list.empty" },
);
