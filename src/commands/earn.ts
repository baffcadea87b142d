import { deedsFor, type Deed } from "../domain/deeds.ts";
import { fitList } from "../sms/fit.ts";
import { command } from "../sms/grammar.ts";
import { waysToList } from "./menu.ts";
import { asOldest, roleAnswers, type Texter } from "./sender.ts";

/** `EARN`: the Earning Menu, each deed by its number and its word. */
export const earn = command(
  "earn",
  {},
  (_said, texter: Texter) =>
    asOldest(texter, "earner", async (account) => {
      const deeds = await deedsFor(texter.trx, texter, { member: account });
      const list = fitList(deeds, {
        ways: waysToList(deeds, valueOf),
        text: (shown) => texter.say(account.language, ["earn.told"], { deeds: shown }).text,
      });
      return { type: "told" as const, fields: { deeds: list || "-" } };
    }),
  { ...roleAnswers, told: "earn.told" },
);

const valueOf = ({ value, value_max, unit }: Deed): string => {
  const values = value === value_max ? String(value) : `${value}-${value_max}`;
  return unit === null ? values : `${values}/${unit}`;
};
