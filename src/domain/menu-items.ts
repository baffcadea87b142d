import { z } from "zod";
import { text } from "./text.ts";

/** Words by language. */
export const names = z.record(z.string().regex(/^[a-z]{2,3}(-[a-z]{4})?$/), text(24));

/** What a member texts: CLAIM SWEEP, REDEEM UMBRELLA. */
export const code = z.string().regex(/^[A-Z0-9]{2,12}$/, "2 to 12 capital letters and digits");

export const amountOfMoney = z
  .string()
  .regex(/^\d{1,8}(\.\d{1,4})?$/, 'a decimal in quotes, such as "0.50"');

/** What one SoCC is worth. */
export const worth = amountOfMoney.regex(/[1-9]/, "more than nothing");

/** Items of one menu, which are numbered by it on the phone: there 98 is More. */
export const items_max = 97;

/** An item of the Earning Menu (R6). */
export const deedShape = z
  .strictObject({
    code,
    name: names,
    value: z.int().min(1).max(10_000),
    /** Any value from `value` to this. */
    value_max: z.int().min(2).max(10_000).optional(),
    unit: names.optional(),
    units_max: z.int().min(2).max(1000).optional(),
    /** At most so many in so many days, for each member. */
    cap: z
      .strictObject({ count: z.int().min(1).max(1000), days: z.int().min(1).max(366) })
      .optional(),
    sensitive: z.boolean().optional(),
  })
  .refine(({ value, value_max }) => value_max === undefined || value_max > value, {
    path: ["value_max"],
    message: "is wanted above value",
  })
  .refine(({ unit, value_max }) => unit === undefined || value_max === undefined, {
    path: ["unit"],
    message: "a deed has a unit or a range, not both",
  })
  .refine(({ unit, units_max }) => unit !== undefined || units_max === undefined, {
    path: ["units_max"],
    message: "goes with unit, and only with it",
  });

/** An individual item of the Redeeming Menu (R7). */
export const rewardShape = z.strictObject({
  code,
  name: names,
  price: z.int().min(1).max(1_000_000),
  kind: z.enum(["purchase", "part-payment", "unlock"]).default("purchase"),
  stock: z.int().min(0).max(1_000_000).optional(),
});

/** What a community buys together. */
export const communalShape = z.strictObject({
  code,
  name: names,
  price: z.int().min(1).max(1_000_000),
});

export type DeedItem = z.infer<typeof deedShape>;
export type CommunalItem = z.infer<typeof communalShape>;

/** Where a menu does not hold together, and what is wanted there. */
export interface Complaint {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Named = Pick<CommunalItem, "code" | "name">;

interface Menu {
  readonly deeds: readonly DeedItem[];
  readonly rewards: readonly Named[];
  readonly communal_rewards: readonly Named[];
}

/** What no item alone can show: words in every language (R4), and each code once. */
export function complaintsOf(menu: Menu, languages: readonly string[]): readonly Complaint[] {
  const lists = ["deeds", "rewards", "communal_rewards"] as const;
  const words = lists.flatMap((list) =>
    menu[list].flatMap((item, at) =>
      wordsOf(item).flatMap(([key, said]) =>
        languages
          .filter((language) => said[language] === undefined)
          .map((language) => ({
            path: [list, at, key, language],
            message: "is wanted in every language of the community",
          })),
      ),
    ),
  );
  return [...words, ...twice(["deeds"], menu), ...twice(["rewards", "communal_rewards"], menu)];
}

const wordsOf = (item: DeedItem | Named): readonly (readonly [string, z.infer<typeof names>])[] =>
  "unit" in item && item.unit !== undefined
    ? [
        ["name", item.name],
        ["unit", item.unit],
      ]
    : [["name", item.name]];

function twice(lists: readonly (keyof Menu)[], menu: Menu): readonly Complaint[] {
  const codes = new Set<string>();
  return lists.flatMap((list) =>
    menu[list].flatMap((item, at) => {
      if (codes.has(item.code))
        return [{ path: [list, at, "code"], message: "stands for another item already" }];
      codes.add(item.code);
      return [];
    }),
  );
}
