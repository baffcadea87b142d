import { z } from "zod";
import { newCommunity, settings } from "../../domain/community-file.ts";
import {
  changeSettings,
  foundDescribed,
  listCommunities,
  lockCommunity,
  readCommunity,
  type Settings,
} from "../../domain/community-settings.ts";
import { overseerOnly } from "../caller.ts";
import { conflict, problem, type Problem } from "../problems.ts";
import { readAll, readIn, writeAll, writeIn, type House } from "../route.ts";
import { listed, listOf, listQuery, pageAsked } from "../shapes.ts";

const community = z
  .object({
    slug: z.string(),
    name: z.string(),
    partner: z.string(),
    country: z.string(),
    currency: z.string(),
    time_zone: z.string(),
    languages: z.array(z.string()).describe("The first is the default."),
    ussd_code: z.string().nullable(),
    sms_number: z.string().nullable(),
    help_number: z.string(),
    accrual_ratio: z.int().describe("iSoCCs earned for one commSoCC. Changed by a menu change."),
    text_proof: z
      .enum(["pin", "word"])
      .describe("What shows by text who asks. Changed by a menu change."),
    claim_expiry_days: z.int(),
    redemption_expiry_days: z.int(),
    send_daily_max: z.int().describe("iSoCCs one member may send away in a day."),
    quorum_percent: z
      .int()
      .describe("A proposal passes when at least so many of the members voted, abstentions too."),
    majority_percent: z
      .int()
      .describe("And more than so many of those who said yes or no said yes: at 50 a tie fails."),
    voting_days: z.int(),
    notional_value: z.string().nullable().describe("What one SoCC is worth in the currency."),
    cash_out_value: z
      .string()
      .nullable()
      .describe("What a vendor is paid for one; null: no cash. Changed by a menu change."),
    liquidity_budget: z.string().nullable(),
    stage: z.string(),
    pin_reset_wait_hours: z.int(),
    number_change_wait_hours: z.int(),
    created_at: z.date(),
  })
  .meta({ id: "Community" });

const changes = z.strictObject({
  ...z
    .object(settings)
    .omit({ accrual_ratio: true, text_proof: true, cash_out_value: true })
    .partial().shape,
  ussd_code: settings.ussd_code.nullable().optional(),
  sms_number: settings.sms_number.nullable().optional(),
  liquidity_budget: settings.liquidity_budget.nullable().optional(),
  pin_reset_wait_hours: z.int().min(1).max(168).optional(),
  number_change_wait_hours: z.int().min(1).max(336).optional(),
});

/** What keeps people's accounts safe, or is shared with other communities, is the overseer's. */
const overseers_own = [
  "ussd_code",
  "sms_number",
  "stage",
  "pin_reset_wait_hours",
  "number_change_wait_hours",
] as const;

/** Communities and their settings (R1, R2). */
export function communities(house: House): void {
  const tag = "communities";
  const one = "/communities/:community";
  readAll(house, {
    url: "/communities",
    tag,
    summary: "The communities you may see, newest first.",
    query: listQuery,
    answer: listOf(community),
    read: async ({ db, caller, query }) => ({
      answer: listed(await listCommunities(db, caller.whose, pageAsked(query))),
    }),
  });
  writeAll(house, {
    method: "POST",
    url: "/communities",
    tag,
    summary: "Founds a community with its menus, as a community's file describes it.",
    only: overseerOnly,
    body: newCommunity,
    status: 201,
    answer: community,
    write: async ({ db, body, caller, now }) => {
      const founded = await foundDescribed(db, { now, actor: caller.actor }, body);
      if (founded.type === "founded") return { answer: founded.community };
      return taken(founded.type === "slug-taken" ? "slug" : founded.field);
    },
  });
  readIn(house, {
    url: one,
    tag,
    summary: "One community.",
    answer: community,
    read: async ({ db, community }) => ({ answer: await readCommunity(db, community) }),
  });
  writeIn(house, {
    method: "PATCH",
    url: one,
    tag,
    summary:
      "Changes settings. Menus, ratio, proof by text and cash-out value go by a menu change.",
    body: changes,
    status: 200,
    answer: community,
    present: async ({ db, community }) => ({ answer: await lockCommunity(db, community) }),
    write: async ({ db, body, community, caller, now }) => {
      const wanted = given(body);
      const mine = overseers_own.find((field) => field in wanted);
      if (mine !== undefined && caller.whose.kind !== "overseer") return overseersField(mine);
      const at = { community, now, actor: caller.actor };
      const changed = await changeSettings(db, at, wanted);
      if (changed.type === "channel-taken") return taken(changed.field);
      return { answer: changed.community };
    },
  });
}

/** Without the keys that were not given: those stay as they are. */
const given = (body: z.infer<typeof changes>): Settings =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));

const taken = (field: string): Problem =>
  conflict("Another community has this already", "Choose another one.", { in: "body", field });

const overseersField = (field: string): Problem =>
  problem(403, "Only the overseer can change that", {
    in: "body",
    field,
    detail: "Ask Asia Initiatives.",
  });
