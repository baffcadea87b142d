import { isDeepStrictEqual } from "node:util";
import type { CommunityFile } from "./community-file.ts";
import type { MenuContents } from "./menu-draft.ts";
import { saidByDeed, saidByItem, type MenuValues } from "./menu-said.ts";
import type { Menu, RewardVersion } from "./menu-versions.ts";

/** What a file says of what goes by a menu change. */
export type Wanted = Pick<
  CommunityFile,
  "deeds" | "rewards" | "communal_rewards" | "accrual_ratio" | "text_proof" | "cash_out_value"
>;

/** The change that would bring what is in force to what is wanted. */
export function differences(wanted: Wanted, now: Menu & MenuValues): MenuContents {
  const deeds = new Map(now.deeds.map((deed) => [deed.code, saidByDeed(deed)]));
  const rewards = new Map(now.rewards.map((reward) => [reward.code, reward]));
  const wanted_rewards = [...wanted.rewards, ...wanted.communal_rewards];
  const cash_out_value = wanted.cash_out_value ?? null;
  return {
    deeds: wanted.deeds.filter(
      (deed) => !isDeepStrictEqual(saidByItem(deed), deeds.get(deed.code)),
    ),
    rewards: wanted.rewards.flatMap((reward) => changeOf(reward, rewards.get(reward.code))),
    communal_rewards: wanted.communal_rewards.filter(
      (reward) => !isSame({ ...reward, kind: "communal" }, rewards.get(reward.code)),
    ),
    retire_deeds: missing(deeds, wanted.deeds),
    retire_rewards: missing(rewards, wanted_rewards),
    ...(wanted.accrual_ratio !== now.accrual_ratio && { accrual_ratio: wanted.accrual_ratio }),
    ...(wanted.text_proof !== now.text_proof && { text_proof: wanted.text_proof }),
    ...(!sameWorth(cash_out_value, now.cash_out_value) && { cash_out_value }),
  };
}

const missing = (
  now: ReadonlyMap<string, unknown>,
  wanted: readonly { readonly code: string }[],
): string[] => {
  const codes = new Set(wanted.map(({ code }) => code));
  return [...now.keys()].filter((code) => !codes.has(code));
};

/**
 * Stock runs down as it is handed out, so what is left is no difference: a file restocks by naming
 * another number than it was last stocked with, and is silent about stock in every other change.
 */
function changeOf(
  reward: Wanted["rewards"][number],
  now: RewardVersion | undefined,
): MenuContents["rewards"] {
  if (now === undefined) return [reward];
  const { stock = null, ...said } = reward;
  const is_restocked = stock !== now.stock_given;
  if (isSame(said, now) && !is_restocked) return [];
  return [{ ...said, ...(is_restocked && { stock }) }];
}

const isSame = (
  { name, price, kind }: { name: object; price: number; kind: string },
  now: RewardVersion | undefined,
): boolean =>
  now !== undefined &&
  isDeepStrictEqual({ name, price, kind }, { name: now.name, price: now.price, kind: now.kind });

const sameWorth = (a: string | null, b: string | null): boolean =>
  a === b || (a !== null && b !== null && Number(a) === Number(b));
