import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const names = z.record(z.string().regex(/^[a-z]{2,3}(-[a-z]{4})?$/), z.string().min(1).max(24));
const code = z.string().regex(/^[A-Z0-9]{2,12}$/, "2 to 12 capital letters and digits");
const decimal = z.string().regex(/^\d{1,8}(\.\d{1,4})?$/, 'a decimal in quotes, such as "0.50"');

/** Also the older names: Intl lists Asia/Calcutta alone, and takes Asia/Kolkata. */
function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const deed = z
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
  });

const reward = z.strictObject({
  code,
  name: names,
  price: z.int().min(1).max(1_000_000),
  kind: z.enum(["purchase", "part-payment", "unlock"]).default("purchase"),
  stock: z.int().min(0).optional(),
});

const communal = z.strictObject({ code, name: names, price: z.int().min(1).max(1_000_000) });

const person = z
  .strictObject({
    name: z.string().min(1).max(40),
    phone: z.e164(),
    language: z.string(),
    pin: z.string().regex(/^\d{4}$/),
    roles: z.array(z.enum(["member", "manager", "vendor"])).min(1),
    /** The name of one before them in the list, whose phone serves for them. */
    guardian: z.string().optional(),
    vendor: z
      .strictObject({
        agreement: z.enum(["csr", "small"]),
        place: z.string().min(1).max(24),
        /** Codes of the rewards they hand over. */
        serves: z.array(code).default([]),
      })
      .optional(),
  })
  .refine(({ roles, vendor }) => roles.includes("vendor") === (vendor !== undefined), {
    path: ["vendor"],
    message: "goes with the role vendor, and only with it",
  })
  .refine(({ roles }) => !roles.includes("vendor") || roles.length === 1, {
    path: ["roles"],
    message: "a vendor's account is theirs alone: give the person another one",
  });

const fileShape = z
  .strictObject({
    slug: z
      .string()
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      .max(40),
    name: z.string().min(1).max(30),
    partner: z.string().min(1).max(80),
    country: z.string().length(2),
    currency: z.string().length(3),
    time_zone: z.string().refine(isTimeZone, "a time zone's name, such as Africa/Accra"),
    languages: z.array(z.string()).min(1).max(7),
    ussd_code: z
      .string()
      .regex(/^\*[0-9*]+#$/)
      .optional(),
    sms_number: z.string().min(3).max(15).optional(),
    help_number: z.string().min(3).max(20),
    accrual_ratio: z.int().min(1).max(1000),
    claim_expiry_days: z.int().min(1).max(365),
    redemption_expiry_days: z.int().min(2).max(90).default(7),
    send_daily_max: z.int().min(1).max(1_000_000).default(500),
    notional_value: decimal,
    /** Absent where vendors take no cash. */
    cash_out_value: decimal.optional(),
    liquidity_budget: decimal.optional(),
    stage: z.enum(["starting", "running", "self-sufficient"]).default("starting"),
    deeds: z.array(deed),
    rewards: z.array(reward).default([]),
    communal_rewards: z.array(communal).default([]),
    demo_people: z.array(person).default([]),
  })
  .superRefine((file, context) => {
    const complain = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: "custom", path, message });
    for (const menu of ["deeds", "rewards", "communal_rewards"] as const)
      for (const [at, item] of file[menu].entries())
        for (const [key, words] of namesOf(item))
          for (const language of file.languages)
            if (words[language] === undefined)
              complain([menu, at, key, language], "is wanted in every language of the community");
    const codes = new Set([...file.rewards, ...file.communal_rewards].map((item) => item.code));
    if (codes.size < file.rewards.length + file.communal_rewards.length)
      complain(["rewards"], "each code stands for one reward");
    for (const [at, { vendor, language }] of file.demo_people.entries()) {
      if (!file.languages.includes(language))
        complain(["demo_people", at, "language"], `one of ${file.languages.join(", ")}`);
      for (const [n, served] of (vendor?.serves ?? []).entries())
        if (!codes.has(served))
          complain(["demo_people", at, "vendor", "serves", n], "the code of a reward of this file");
    }
  });

type Named = z.infer<typeof deed> | z.infer<typeof reward> | z.infer<typeof communal>;

const namesOf = (item: Named): readonly (readonly [string, z.infer<typeof names>])[] =>
  "unit" in item && item.unit !== undefined
    ? [
        ["name", item.name],
        ["unit", item.unit],
      ]
    : [["name", item.name]];

/** A community as `menus/communities/<slug>.yaml` describes it. */
export type CommunityFile = z.infer<typeof fileShape>;

/**
 * Reads every community file of a folder.
 * @throws Error naming each file, key and what is wanted.
 */
export function readCommunityFiles(folder: string): readonly CommunityFile[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  return files.map((file) => {
    const parsed = fileShape.safeParse(parse(readFileSync(join(folder, file), "utf8")));
    if (parsed.success) return parsed.data;
    const wrong = parsed.error.issues.map(
      ({ path, message }) => `${file}: ${path.join(".")}: ${message}`,
    );
    throw new Error(wrong.join("\n"));
  });
}
