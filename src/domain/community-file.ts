import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import {
  amountOfMoney,
  code,
  communalShape,
  complaintsOf,
  deedShape,
  items_max,
  rewardShape,
  worth,
} from "./menu-items.ts";
import { text_proofs } from "./communities.ts";
import { kindOf } from "./members.ts";
import { screenedDeed } from "./menu-draft.ts";
import { text } from "./text.ts";

/** Also the older names: Intl lists Asia/Calcutta alone, and takes Asia/Kolkata. */
function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const person = z
  .strictObject({
    name: text(40),
    phone: z.e164(),
    language: z.string(),
    pin: z.string().regex(/^\d{4}$/),
    roles: z.array(z.enum(["member", "manager", "vendor", "group"])).min(1),
    /** The name of one before them in the list, whose phone serves for them, or who keeps the group. */
    guardian: z.string().optional(),
    vendor: z
      .strictObject({
        agreement: z.enum(["csr", "small"]),
        place: text(24),
        /** Codes of the rewards they hand over. */
        serves: z.array(code).default([]),
      })
      .optional(),
  })
  .refine(({ roles, vendor }) => roles.includes("vendor") === (vendor !== undefined), {
    path: ["vendor"],
    message: "goes with the role vendor, and only with it",
  })
  .refine(({ roles }) => kindOf(roles) === "member" || roles.length === 1, {
    path: ["roles"],
    message: "a vendor's or a group's account is theirs alone: give the person another one",
  });

/** What can be set of a community, each by itself. */
export const settings = {
  name: text(30),
  help_number: text(20),
  ussd_code: z
    .string()
    .max(30)
    .regex(/^\*[0-9*]+#$/, "such as *384*2255#"),
  sms_number: z.string().regex(/^\+?[0-9A-Za-z]{3,15}$/, "a number or a name to text to"),
  accrual_ratio: z.int().min(1).max(1000),
  text_proof: z.enum(text_proofs),
  claim_expiry_days: z.int().min(1).max(365),
  redemption_expiry_days: z.int().min(2).max(90),
  send_daily_max: z.int().min(1).max(1_000_000),
  quorum_percent: z.int().min(1).max(100),
  majority_percent: z.int().min(50).max(99),
  voting_days: z.int().min(1).max(60),
  notional_value: worth,
  cash_out_value: worth,
  liquidity_budget: amountOfMoney,
  stage: z.enum(["starting", "running", "self-sufficient"]),
} as const;

const described = z.strictObject({
  slug: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "small letters, digits and single dashes")
    .max(40),
  name: settings.name,
  partner: text(80),
  country: z.string().regex(/^[A-Z]{2}$/, "two capital letters"),
  currency: z.string().regex(/^[A-Z]{3}$/, "three capital letters"),
  time_zone: z.string().refine(isTimeZone, "a time zone's name, such as Africa/Accra"),
  languages: z
    .array(z.string().regex(/^[a-z]{2,3}(-[a-z]{4})?$/, "a language's code, such as sw"))
    .min(1)
    .max(7),
  ussd_code: settings.ussd_code.optional(),
  sms_number: settings.sms_number.optional(),
  help_number: settings.help_number,
  accrual_ratio: settings.accrual_ratio,
  text_proof: settings.text_proof.default("pin"),
  claim_expiry_days: settings.claim_expiry_days,
  redemption_expiry_days: settings.redemption_expiry_days.default(7),
  send_daily_max: settings.send_daily_max.default(500),
  quorum_percent: settings.quorum_percent.default(30),
  majority_percent: settings.majority_percent.default(50),
  voting_days: settings.voting_days.default(7),
  notional_value: settings.notional_value,
  /** Absent where vendors take no cash. */
  cash_out_value: settings.cash_out_value.optional(),
  liquidity_budget: settings.liquidity_budget.optional(),
  stage: settings.stage.default("starting"),
  deeds: z.array(deedShape).max(items_max),
  // Of one menu, and of one row of numbers.
  rewards: z.array(rewardShape).max(50).default([]),
  communal_rewards: z
    .array(communalShape)
    .max(items_max - 50)
    .default([]),
});

type Described = z.infer<typeof described>;

function checkMenus(file: Described, context: z.RefinementCtx<Described>): void {
  for (const { path, message } of complaintsOf(file, file.languages))
    context.addIssue({ code: "custom", path: [...path], message });
}

/** A community that is to be: what its file says, without people. */
export const newCommunity = described.superRefine(checkMenus);

export type NewCommunity = z.infer<typeof newCommunity>;

const fileShape = described
  .extend({
    // Answers for a deed that is new to a community founded before (R5).
    deeds: z.array(screenedDeed).max(items_max),
    demo_people: z.array(person).default([]),
  })
  .superRefine((file, context) => {
    checkMenus(file, context);
    const complain = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: "custom", path, message });
    const codes = new Set([...file.rewards, ...file.communal_rewards].map((item) => item.code));
    for (const [at, { vendor, language }] of file.demo_people.entries()) {
      if (!file.languages.includes(language))
        complain(["demo_people", at, "language"], `one of ${file.languages.join(", ")}`);
      for (const [n, served] of (vendor?.serves ?? []).entries())
        if (!codes.has(served))
          complain(["demo_people", at, "vendor", "serves", n], "the code of a reward of this file");
    }
  });

/** A community as `menus/communities/<slug>.yaml` describes it. */
export type CommunityFile = z.infer<typeof fileShape>;

/** What is wrong with a community's file: each line names file, line, key and what is wanted. */
export class CommunityFileError extends Error {
  override readonly name = "CommunityFileError";
}

/**
 * Reads every community file of a folder.
 * @throws CommunityFileError listing everything that is wrong.
 */
export function readCommunityFiles(folder: string): readonly CommunityFile[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  const read = files.map((file) => parseFile(join(folder, file)));
  const wrong = read.flatMap((result) => ("wrong" in result ? result.wrong : []));
  if (wrong.length > 0) throw new CommunityFileError(wrong.join("\n"));
  return read.flatMap((result) => ("file" in result ? [result.file] : []));
}

/** A community's file, and where in it something stands. */
export interface ReadFile {
  readonly file: CommunityFile;
  /** `kisumu.yaml:12: deeds.3.screening`. */
  readonly placeOf: (path: readonly PropertyKey[]) => string;
}

/** Reads one community file. @throws CommunityFileError, or the system's error where there is none. */
export function readCommunityFile(path: string): ReadFile {
  const read = parseFile(path);
  if ("wrong" in read) throw new CommunityFileError(read.wrong.join("\n"));
  return read;
}

function parseFile(path: string): ReadFile | { readonly wrong: readonly string[] } {
  const name = basename(path);
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, "utf8"), { lineCounter: lines });
  const broken = document.errors[0];
  if (broken !== undefined) return { wrong: [`${name}: ${broken.message}`] };
  const placeOf = (at: readonly PropertyKey[]): string => {
    const line = lineOf(document, at, lines);
    return `${name}${line === undefined ? "" : `:${line}`}: ${at.join(".")}`;
  };
  const parsed = fileShape.safeParse(plain(document));
  if (parsed.success) return { file: parsed.data, placeOf };
  return { wrong: parsed.error.issues.map(({ path, message }) => `${placeOf(path)}: ${message}`) };
}

/** The line of a key; of the nearest thing around it where the key itself is missing. */
function lineOf(
  document: { getIn: (path: PropertyKey[], keepScalar: true) => unknown },
  path: readonly PropertyKey[],
  lines: LineCounter,
): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    // A node of the document has the places where it begins and ends.
    const range = (node as { range?: [number] } | undefined)?.range;
    if (range !== undefined) return lines.linePos(range[0]).line;
  }
  return undefined;
}

/** Undefined where an alias stands for nothing: that shows only now. */
function plain(document: { toJS: () => unknown }): unknown {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}
