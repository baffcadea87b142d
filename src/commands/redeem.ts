import { pinPlace } from "../domain/notify.ts";
import { requestRedemption, type Requested } from "../domain/redemptions.ts";
import { rewardsInForce, type Reward } from "../domain/rewards.ts";
import { fitList } from "../sms/fit.ts";
import { command, menuWord, nameWord, number, optional, pinWord } from "../sms/grammar.ts";
import { itemMeant } from "./menu.ts";
import { valueAnswers, withPinAndName, type Texter } from "./sender.ts";

/** What waits for the word, where texts carry no PIN. */
const doing = ["requested", "requested-at-partner"] as const;

/** `REDEEM <reward> [vendor's number] <PIN>`: orders a reward (R13). */
export const redeem = command(
  "redeem",
  { reward: menuWord, vendor: optional(number), name: optional(nameWord), pin: pinWord },
  ({ reward: word, vendor: at, name, pin }, texter: Texter) =>
    withPinAndName(texter, { role: "anyone", pin, name, doing }, async (member) => {
      const { trx, community, once } = texter;
      const reward = itemMeant(await rewardsInForce(trx, community, member), word);
      if (reward === undefined) return { type: "no-such-reward" as const };
      const vendor_id = vendorMeant(reward, at);
      if (vendor_id === undefined) return whichVendor(texter, member.language, reward);
      const spec = { once, member, reward_id: reward.id, vendor_id, writes_code: false };
      return answered(await requestRedemption(texter, spec));
    }),
  {
    ...valueAnswers,
    asks: "redeem.asks",
    requested: "redemption-code",
    "requested-at-partner": "redemption-at-partner",
    "requested-before": "redeem.requested",
    "requested-at-partner-before": "redeem.requested-at-partner",
    "open-already": "redeem.open-already",
    "no-such-reward": "redeem.no-such-reward",
    "no-longer-offered": "redeem.no-such-reward",
    "which-vendor": "redeem.which-vendor",
    "out-of-stock": "redeem.out-of-stock",
    "balance-too-low": "balance-too-low",
    "budget-reached": "redeem.budget-reached",
  },
);

/** The code is the answer, which is paid for once. */
function answered(done: Requested) {
  if (done.type !== "requested" && done.type !== "requested-at-partner") return done;
  const { type, fields, code_text } = done;
  if (code_text === undefined) return { type: `${type}-before` as const, fields };
  const { fields: told, secrets = [] } = code_text;
  return { type, fields: { ...fields, ...told }, secrets };
}

/** The vendor, null where the partner hands it over; undefined where it is not clear which. */
function vendorMeant({ vendors }: Reward, at: number | undefined): string | null | undefined {
  if (at !== undefined) return vendors[at - 1]?.id;
  return vendors.length > 1 ? undefined : (vendors[0]?.id ?? null);
}

function whichVendor(
  { say, community }: Texter,
  language: string,
  { code: reward, vendors }: Reward,
) {
  const pin = pinPlace(community);
  const numbered = vendors.map(({ name, place }, at) => ({ at: at + 1, name, place }));
  const list = fitList(numbered, {
    ways: [({ at, name, place }) => `${at} ${name}, ${place}`, ({ at, name }) => `${at} ${name}`],
    text: (shown) =>
      say(language, ["redeem.which-vendor"], { ...pin, reward, vendors: shown }).text,
  });
  return { type: "which-vendor" as const, fields: { reward, vendors: list || "-" } };
}
