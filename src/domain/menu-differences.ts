import { isDeepStrictEqual } from "node:util";
import type { Community } from "./communities.ts";
import type { CommunityFile } from "./community-file.ts";
import type { MenuContents } from "./menu-draft.ts";
import type { DeedVersion, Menu, RewardVersion } from "./menu-versions.ts";

/** What a file says of what goes by a menu change. */
export type Wanted = Pick<
  CommunityFile,
  "deeds" | "rewards" | "communal_rewards" | "accrual_ratio" | "text_proof" | "cash_out_value"
>;

/** The change that would bring what is in force to what is wanted. */
export function differences(
  wanted: Wanted,
  now: Menu & Pick<Community, "accrual_ratio" | "text_proof" | "cash_out_value">,
): MenuContents {
  const deeds = new Map(now.deeds.map((deed) => [deed.code, deed]));
  const rewards = new Map(now.rewards.map((reward) => [reward.code, reward]));
  const wanted_rewards = [...wanted.rewards, ...wanted.communal_rewards];
  const cash_out_value = wanted.cash_out_value ?? null;
  return {
    deeds: wanted.deeds.filter((deed) => !isDeepStrictEqual(says(deed), toldBy(deeds, deed.code))),
    rewards: wanted.rewards.filter((reward) => !isSame(reward, rewards.get(reward.code))),
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

/** What a deed of a file says, as the menu keeps it. */
const says = (deed: Wanted["deeds"][number]): object => ({
  name: deed.name,
  value: deed.value,
  value_max: deed.value_max ?? null,
  unit: deed.unit ?? null,
  units_max: deed.units_max ?? 1,
  cap_count: deed.cap?.count ?? null,
  cap_days: deed.cap?.days ?? null,
  sensitive: deed.sensitive ?? false,
});

function toldBy(deeds: ReadonlyMap<string, DeedVersion>, code: string): object | undefined {
  const deed = deeds.get(code);
  if (deed === undefined) return undefined;
  const { name, value, value_max, unit, units_max, cap_count, cap_days, sensitive } = deed;
  return { name, value, value_max, unit, units_max, cap_count, cap_days, sensitive };
}

/** Stock runs down as it is handed out, so it is no difference. */
const isSame = (
  { name, price, kind }: { name: object; price: number; kind: string },
  now: RewardVersion | undefined,
): boolean =>
  now !== undefined &&
  isDeepStrictEqual({ name, price, kind }, { name: now.name, price: now.price, kind: now.kind });

const sameWorth = (a: string | null, b: string | null): boolean =>
  a === b || (a !== null && b !== null && Number(a) === Number(b));
