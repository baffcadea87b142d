import { pinPlace } from "../domain/notify.ts";
import { rewardsInForce } from "../domain/rewards.ts";
import { fitList } from "../sms/fit.ts";
import { command } from "../sms/grammar.ts";
import { waysToList } from "./menu.ts";
import { asOldest, roleAnswers, type Texter } from "./sender.ts";

/** `SHOP`: the Redeeming Menu, each reward by its number and its word. */
export const shop = command(
  "shop",
  {},
  (_said, texter: Texter) =>
    asOldest(texter, "anyone", async (account) => {
      const rewards = await rewardsInForce(texter.trx, texter.community, account);
      const pin = pinPlace(texter.community);
      const list = fitList(rewards, {
        ways: waysToList(rewards, ({ price }) => price),
        text: (shown) =>
          texter.say(account.language, ["shop.told"], { ...pin, rewards: shown }).text,
      });
      return { type: "told" as const, fields: { rewards: list || "-" } };
    }),
  { ...roleAnswers, told: "shop.told" },
);
