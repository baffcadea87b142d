import { z } from "zod";
import {
  approveChange,
  draftChange,
  listChanges,
  readChange,
  returnChange,
} from "../../domain/menu-changes.ts";
import { menuContents } from "../../domain/menu-draft.ts";
import type { Complaint } from "../../domain/menu-items.ts";
import { menuAt, menuMoments } from "../../domain/menu-versions.ts";
import { readCommunity } from "../../domain/community-settings.ts";
import { prose, text } from "../../domain/text.ts";
import { overseerOnly } from "../caller.ts";
import { conflict, forbidden, notFound, type Problem } from "../problems.ts";
import { readIn, writeIn, type House } from "../route.ts";
import { liquidity } from "./reports.ts";
import { idIn, listed, listOf, listQuery, moment, pageAsked } from "../shapes.ts";

const names = z.record(z.string(), z.string()).readonly();
const valid = {
  valid_from: z.date(),
  valid_until: z.date().nullable().describe("Null while in force."),
};

const deed = z
  .object({
    id: z.uuid(),
    code: z.string(),
    name: names,
    value: z.int().describe("iSoCCs, for each unit where there is one."),
    value_max: z.int().nullable().describe("Any value from `value` to this."),
    unit: names.nullable(),
    units_max: z.int(),
    cap_count: z.int().nullable(),
    cap_days: z.int().nullable(),
    sensitive: z.boolean(),
    position: z.int(),
    ...valid,
  })
  .meta({ id: "Deed" });

const reward = z
  .object({
    id: z.uuid(),
    code: z.string(),
    kind: z.enum(["purchase", "part-payment", "unlock", "communal"]),
    name: names,
    price: z.int(),
    stock: z.int().nullable().describe("What is left; null: as many as are asked for."),
    stock_given: z.int().nullable().describe("What there was when it was last stocked."),
    position: z.int(),
    ...valid,
  })
  .meta({ id: "Reward" });

const menus = z
  .object({
    at: z.date(),
    deeds: z.array(deed).readonly(),
    rewards: z.array(reward).readonly(),
    accrual_ratio: z.int().describe("Now."),
    cash_out_value: z.string().nullable().describe("Now."),
    versions: z.array(z.date()).readonly().describe("From when on the menus were different."),
  })
  .meta({ id: "Menus" });

const status = z.enum(["drafted", "approved", "returned", "in-force"]);

const change = z
  .object({
    id: z.uuid(),
    status,
    author: z.string(),
    note: z.string(),
    effective_at: z.date().nullable().describe("Null: as soon as it is approved."),
    contents: menuContents,
    drafted_at: z.date(),
    decided_at: z.date().nullable(),
    decided_by: z.string().nullable(),
    reason: z.string().nullable().describe("Why it was returned."),
    applied_at: z.date().nullable(),
  })
  .meta({ id: "MenuChange" });

const approved = change.extend({ liquidity });

const newChange = menuContents.extend({
  note: prose(1000).describe("With whom it was talked over, and what they said."),
  effective_at: moment.optional().describe("When it comes into force; absent: at approval."),
});

/** The Earning and Redeeming Menus, and how they change (R4 to R6). */
export function menuRoutes(house: House): void {
  addMenus(house);
  addDrafting(house);
  addDeciding(house);
}

const tag = "menus";
const menus_url = "/communities/:community/menus";
const changes_url = `${menus_url}/changes`;

function addMenus(house: House): void {
  readIn(house, {
    url: menus_url,
    tag,
    summary: "Both menus as they are, or as they were at a moment.",
    query: z.object({ at: moment.optional() }),
    answer: menus,
    read: async ({ db, community, query, now }) => {
      const at = query.at === undefined ? undefined : new Date(query.at);
      const { deeds, rewards } = await menuAt(db, community.id, at);
      const { accrual_ratio, cash_out_value } = await readCommunity(db, community);
      const versions = await menuMoments(db, community.id);
      return {
        answer: { at: at ?? now, deeds, rewards, accrual_ratio, cash_out_value, versions },
      };
    },
  });
}

function addDrafting(house: House): void {
  readIn(house, {
    url: changes_url,
    tag,
    summary: "Menu changes, the newest first.",
    query: listQuery.extend({ status: status.optional() }),
    answer: listOf(change),
    read: async ({ db, community, query }) => {
      const asked = { ...pageAsked(query), status: query.status };
      return { answer: listed(await listChanges(db, community.id, asked)) };
    },
  });
  readIn(house, {
    url: `${changes_url}/:id`,
    tag,
    summary: "One menu change.",
    params: idIn,
    answer: change,
    read: async ({ db, community, params }) => {
      const found = await readChange(db, community.id, params.id);
      return found === undefined ? no_such_change : { answer: found };
    },
  });
  writeIn(house, {
    method: "POST",
    url: changes_url,
    tag,
    summary:
      "Drafts a change of menus, ratio, proof by text or cash-out value. It waits for the overseer.",
    body: newChange,
    status: 201,
    answer: change,
    write: async ({ db, body, community, caller, now }) => {
      const { note, effective_at: given, ...contents } = body;
      const effective_at = given === undefined ? undefined : new Date(given);
      const at = { community, now, actor: caller.actor };
      const drafted = await draftChange(db, at, { note, effective_at, contents });
      switch (drafted.type) {
        case "drafted":
          return { answer: drafted.change };
        case "wrong":
          return complained(drafted.complaints);
        case "too-many-drafts":
          return conflict(
            "Too many changes wait to be decided",
            `${drafted.count} wait already: ask the overseer to decide, or withdraw one.`,
            { in: "path", field: "community" },
          );
      }
    },
  });
}

function addDeciding(house: House): void {
  writeIn(house, {
    method: "POST",
    url: `${changes_url}/:id/approve`,
    tag,
    summary: "Approves a change: it comes into force, or on its day. Never its author.",
    only: overseerOnly,
    params: idIn,
    status: 200,
    answer: approved,
    write: async ({ db, params, community, caller, now }) => {
      const at = { community, now, actor: caller.actor };
      const decided = await approveChange(db, at, params.id);
      switch (decided.type) {
        case "approved":
          return { answer: { ...decided.change, liquidity: decided.liquidity } };
        case "over-budget":
          return conflict(
            "The budget is used up",
            `Outstanding SoCCs would be worth ${decided.liquidity.outstanding_value ?? "?"} of a ` +
              `budget of ${decided.liquidity.budget ?? "?"}: until that is raised, no deed can be ` +
              "added, made dearer or less capped, and no cash-out value raised.",
          );
        case "wrong":
          return changedSince(decided.complaints);
        case "no-such-change":
        case "own-change":
        case "decided":
          return undecidable(decided);
      }
    },
  });
  writeIn(house, {
    method: "POST",
    url: `${changes_url}/:id/return`,
    tag,
    summary:
      "Returns a change with a reason: the overseer one that is not in force yet, its author their " +
      "own draft.",
    params: idIn,
    body: z.strictObject({ reason: text(300) }),
    status: 200,
    answer: change,
    write: async ({ db, params, body, community, caller, now }) => {
      const is_overseer = overseerOnly(caller) === undefined;
      const at = { community, now, actor: caller.actor, is_overseer };
      const decided = await returnChange(db, at, { id: params.id, reason: body.reason });
      return decided.type === "returned" ? { answer: decided.change } : undecidable(decided);
    },
  });
}

type Undecidable = Exclude<Awaited<ReturnType<typeof returnChange>>, { type: "returned" }>;

function undecidable(why: Undecidable): Problem {
  switch (why.type) {
    case "no-such-change":
      return no_such_change;
    case "own-change":
      return forbidden(
        "Nobody approves their own change",
        "Another overseer's key must approve it.",
      );
    case "anothers-change":
      return forbidden(
        "Only the overseer returns another's change",
        "Ask Asia Initiatives, or use the key that drafted it.",
      );
    case "decided":
      return conflict("This change has been decided", `It is ${why.status}.`);
  }
}

const errors_max = 20;
const no_such_change = notFound("id", "No such menu change");

/** What an approval finds wrong: it has no such fields, so the change itself is meant. */
function changedSince(complaints: readonly Complaint[]): Problem {
  const errors = complaints.slice(0, errors_max).map(({ path, message }) => {
    return { in: "path", field: "id", detail: `${path.join(".")}: ${message}` } as const;
  });
  const title = "The change does not fit the menus any more";
  const detail = errors.map(({ detail }) => detail).join("; ");
  return { problem: { type: "about:blank", title, status: 409, detail, errors } };
}

function complained(complaints: readonly Complaint[]): Problem {
  const errors = complaints.slice(0, errors_max).map(({ path, message }) => {
    return { in: "body", field: path.join("."), detail: message } as const;
  });
  const [first] = errors;
  const detail = `${first?.field ?? ""}: ${first?.detail ?? ""}`;
  const title = "A field does not fit";
  return { problem: { type: "about:blank", title, status: 422, detail, errors } };
}
