import { z } from "zod";
import { text_proofs } from "./communities.ts";
import {
  code,
  communalShape,
  complaintsOf,
  deedShape,
  items_max,
  rewardShape,
  worth,
  type Complaint,
} from "./menu-items.ts";
import { numbersAfter } from "./menu-numbers.ts";
import type { Menu } from "./menu-versions.ts";
import { text } from "./text.ts";

const answer = text(300);

/** What is answered for each new deed before it may be approved (R5). */
const screening = z.strictObject({
  not_already_happening: answer.describe("How we know that it is not already happening."),
  promotes_larger_good: answer.describe("Whom it serves beside the one who does it."),
  no_substitute_for_paid_work: answer.describe("Why nobody would be paid for it otherwise."),
});

/** Items of one list of a change. */
const changed_max = 50;

/** A deed with its answers, where it is new. */
export const screenedDeed = deedShape.safeExtend({ screening: screening.optional() });

/** A reward, and whether there are to be more or fewer of it from then on. */
const stockedReward = rewardShape.extend({
  stock: rewardShape.shape.stock
    .unwrap()
    .nullable()
    .optional()
    .describe("Restocks to so many; null: as many as are asked for. Absent: what is left stays."),
});

/** What a menu change is to do. An item is as it is given; one of the same code ends. */
export const menuContents = z.strictObject({
  deeds: z.array(screenedDeed).max(changed_max).default([]),
  rewards: z.array(stockedReward).max(changed_max).default([]),
  communal_rewards: z.array(communalShape).max(changed_max).default([]),
  retire_deeds: z.array(code).max(changed_max).default([]).describe("Codes of deeds that end."),
  retire_rewards: z.array(code).max(changed_max).default([]).describe("Codes of rewards that end."),
  accrual_ratio: z.int().min(1).max(1000).optional(),
  text_proof: z
    .enum(text_proofs)
    .optional()
    .describe("What shows by text who asks: their PIN, or a one-time word sent to their phone."),
  cash_out_value: worth.nullable().optional().describe("Null: vendors take no cash."),
});

export type MenuContents = z.infer<typeof menuContents>;

/** What keeps a change from being drafted, approved or put in force, against the menus it would change. */
export function wrongWith(
  change: MenuContents,
  menu: Menu,
  languages: readonly string[],
): readonly Complaint[] {
  return [
    ...(isEmpty(change) ? [{ path: [], message: "changes nothing" }] : []),
    ...complaintsOf(change, languages),
    ...unscreened(change, menu),
    ...unknown(change, "retire_deeds", menu.deeds),
    ...unknown(change, "retire_rewards", menu.rewards),
    ...contradicted(change),
    ...unnumbered(change, menu),
  ];
}

const isEmpty = ({ accrual_ratio, text_proof, cash_out_value, ...lists }: MenuContents): boolean =>
  accrual_ratio === undefined &&
  text_proof === undefined &&
  cash_out_value === undefined &&
  Object.values(lists).every((list) => list.length === 0);

function unscreened({ deeds }: MenuContents, menu: Menu): readonly Complaint[] {
  const known = new Set(menu.deeds.map(({ code }) => code));
  return deeds.flatMap(({ code, screening }, at) =>
    known.has(code) || screening !== undefined
      ? []
      : [{ path: ["deeds", at, "screening"], message: "is wanted for a new deed: three answers" }],
  );
}

function unknown(
  change: MenuContents,
  list: "retire_deeds" | "retire_rewards",
  items: readonly { readonly code: string }[],
): readonly Complaint[] {
  const known = new Set(items.map(({ code }) => code));
  return change[list].flatMap((code, at) =>
    known.has(code) ? [] : [{ path: [list, at], message: "is not on the menu" }],
  );
}

function contradicted(change: MenuContents): readonly Complaint[] {
  const kept = {
    retire_deeds: new Set(change.deeds.map(({ code }) => code)),
    retire_rewards: new Set([...change.rewards, ...change.communal_rewards].map((r) => r.code)),
  };
  return (["retire_deeds", "retire_rewards"] as const).flatMap((list) =>
    change[list].flatMap((code, at) =>
      kept[list].has(code) ? [{ path: [list, at], message: "is also put on the menu" }] : [],
    ),
  );
}

/** More items than there are numbers on a phone. */
function unnumbered(change: MenuContents, menu: Menu): readonly Complaint[] {
  const codes = (items: readonly { readonly code: string }[]) => items.map(({ code }) => code);
  const put = {
    deeds: codes(change.deeds),
    rewards: [...codes(change.rewards), ...codes(change.communal_rewards)],
  };
  return (["deeds", "rewards"] as const).flatMap((list) =>
    numbersAfter(menu[list], { retired: change[`retire_${list}`], put: put[list] }) === undefined
      ? [{ path: [list], message: `a menu has numbers for ${items_max}: let something end first` }]
      : [],
  );
}
