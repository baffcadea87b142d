import { pinPlace } from "../domain/notify.ts";
import { communalMenu, putProposal } from "../domain/proposing.ts";
import { fitList } from "../sms/fit.ts";
import { command, menuWord, pinWord, withShort } from "../sms/grammar.ts";
import { itemMeant, waysToList } from "./menu.ts";
import { asOldest, pinAnswers, roleAnswers, withPin, type Texter } from "./sender.ts";

/**
 * `PROPOSE <reward> <PIN>`: a manager puts a proposal to spend the cache on a communal reward (R18);
 * `PROPOSE` lists what there is.
 */
const put = command(
  "propose",
  { reward: menuWord, pin: pinWord },
  ({ reward: word, pin }, texter: Texter) =>
    withPin(texter, { role: "manager", pin, doing: ["put"] }, async ({ id, language }) => {
      const reward = itemMeant(await communalMenu(texter, { language }), word);
      if (reward === undefined) return { type: "no-longer-offered" as const };
      const by = { actor: `member:${id}`, language };
      return await putProposal(texter, { ...by, once: texter.once, reward_id: reward.id });
    }),
  {
    ...pinAnswers,
    asks: "propose.asks",
    put: "propose.put",
    "no-longer-offered": "propose.no-such-reward",
    "open-already": "propose.open-already",
    "too-many-open": "propose.too-many-open",
    "too-dear": "propose.too-dear",
  },
);

export const propose = withShort(
  put,
  {},
  (_said, texter: Texter) =>
    asOldest(texter, "manager", async (manager) => {
      const rewards = await communalMenu(texter, manager);
      const cache = rewards[0]?.cache ?? 0;
      const list = fitList(rewards, {
        ways: waysToList(rewards, ({ price }) => price),
        text: (shown) =>
          texter.say(manager.language, ["propose.listed"], {
            ...pinPlace(texter.community),
            ...{ cache, rewards: shown },
          }).text,
      });
      return { type: "listed" as const, fields: { cache, rewards: list || "-" } };
    }),
  { ...roleAnswers, listed: "propose.listed" },
);
