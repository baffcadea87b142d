import type { Community } from "./communities.ts";
import type { MenuContents } from "./menu-draft.ts";
import type { DeedItem } from "./menu-items.ts";
import type { DeedVersion, Menu } from "./menu-versions.ts";

/** What a deed says, as the menu keeps it, whether it is kept or is to be. */
export type DeedSaid = Omit<DeedVersion, "id" | "code" | "position" | "valid_from" | "valid_until">;

/** What a deed of a file or of a change is to say. */
export const saidByItem = (deed: DeedItem): DeedSaid => ({
  name: deed.name,
  value: deed.value,
  value_max: deed.value_max ?? null,
  unit: deed.unit ?? null,
  units_max: deed.units_max ?? 1,
  cap_count: deed.cap?.count ?? null,
  cap_days: deed.cap?.days ?? null,
  sensitive: deed.sensitive ?? false,
});

/** What a deed of the menu says. */
export function saidByDeed(deed: DeedVersion): DeedSaid {
  const { name, value, value_max, unit, units_max, cap_count, cap_days, sensitive } = deed;
  return { name, value, value_max, unit, units_max, cap_count, cap_days, sensitive };
}

/** What goes by a menu change beside the menus. */
export type MenuValues = Pick<Community, "accrual_ratio" | "text_proof" | "cash_out_value">;

/** What a change replaces or ends, as it stands, for the audit log (R31). */
export function saidBefore(change: MenuContents, menu: Menu, values: MenuValues): object {
  const deeds = new Set([...change.retire_deeds, ...change.deeds.map(({ code }) => code)]);
  const put = [...change.rewards, ...change.communal_rewards];
  const rewards = new Set([...change.retire_rewards, ...put.map(({ code }) => code)]);
  return {
    ...(change.accrual_ratio !== undefined && { accrual_ratio: values.accrual_ratio }),
    ...(change.text_proof !== undefined && { text_proof: values.text_proof }),
    ...(change.cash_out_value !== undefined && { cash_out_value: values.cash_out_value }),
    deeds: menu.deeds
      .filter(({ code }) => deeds.has(code))
      .map((deed) => ({ code: deed.code, ...saidByDeed(deed) })),
    rewards: menu.rewards
      .filter(({ code }) => rewards.has(code))
      .map(({ code, kind, name, price, stock }) => ({ code, kind, name, price, stock })),
  };
}

/** What a change puts in its place; no stock where it keeps what is left. */
export const saidAfter = ({ deeds, rewards, communal_rewards, ...rest }: MenuContents): object => ({
  ...rest,
  deeds: deeds.map((deed) => ({ code: deed.code, ...saidByItem(deed) })),
  rewards: [...rewards, ...communal_rewards.map((item) => ({ ...item, kind: "communal" }))],
});
