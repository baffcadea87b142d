import { isDeepStrictEqual } from "node:util";
import type { Reader } from "../db/database.ts";
import type { Community } from "./communities.ts";
import { liquidityOf, raisesWorth, type Liquidity } from "./liquidity.ts";
import { wrongWith, type MenuContents } from "./menu-draft.ts";
import type { Complaint, DeedItem } from "./menu-items.ts";
import { saidByItem } from "./menu-said.ts";
import { menuAt, type DeedVersion, type Menu } from "./menu-versions.ts";

/** Why a change cannot come to the menus as they are now. */
export type Unfit =
  /** They were changed since it was drafted. */
  | { readonly type: "wrong"; readonly complaints: readonly Complaint[] }
  /** It would raise what is outstanding, or what that costs, and the budget is used up (R8). */
  | { readonly type: "over-budget"; readonly liquidity: Liquidity };

export interface Fits {
  readonly type: "fits";
  readonly menu: Menu;
  readonly liquidity: Liquidity;
}

/**
 * Looks at a change beside the menus in force: at its approval, and again on its day. While the budget
 * is used up, at the change's own cash-out value, it may not raise that value, nor let members earn
 * more by any deed; whatever brings relief passes (R8).
 */
export async function fitOf(
  db: Reader,
  community: Pick<Community, "id" | "languages">,
  contents: MenuContents,
): Promise<Fits | Unfit> {
  const menu = await menuAt(db, community.id);
  const complaints = wrongWith(contents, menu, community.languages);
  if (complaints.length > 0) return { type: "wrong", complaints };
  const { cash_out_value } = contents;
  const liquidity = await liquidityOf(db, community.id, { cash_out_value });
  const fits: Fits = { type: "fits", menu, liquidity };
  if (liquidity.state !== "blocked") return fits;
  const deeds = new Map(menu.deeds.map((deed) => [deed.code, deed]));
  const raises =
    contents.deeds.some((deed) => earnsMore(deed, deeds.get(deed.code))) ||
    (cash_out_value !== undefined && (await raisesWorth(db, community.id, cash_out_value)));
  return raises ? { type: "over-budget", liquidity } : fits;
}

/**
 * Whether a deed lets members earn more than it did: it is new, dearer, or less capped. Of another unit
 * nobody can tell: it counts as dearer.
 */
function earnsMore(item: DeedItem, now: DeedVersion | undefined): boolean {
  if (now === undefined) return true;
  const said = saidByItem(item);
  return (
    !isDeepStrictEqual(said.unit, now.unit) ||
    said.value > now.value ||
    (said.value_max ?? said.value) > (now.value_max ?? now.value) ||
    said.units_max > now.units_max ||
    timesADay(said) > timesADay(now)
  );
}

const timesADay = ({ cap_count, cap_days }: Pick<DeedVersion, "cap_count" | "cap_days">): number =>
  cap_count === null || cap_days === null ? Infinity : cap_count / cap_days;
