import { z } from "zod";
import { acknowledgeAlert, listAlerts } from "../../domain/alerts.ts";
import { fraudSignals, period_days_max } from "../../domain/fraud.ts";
import { notFound, problem } from "../problems.ts";
import { readIn, writeIn, type House } from "../route.ts";
import { idIn, listed, listOf, spanOf, timeAsked, timeQuery } from "../shapes.ts";

const kind = z.enum([
  "liquidity-low",
  "liquidity-reached",
  "dispute-raised",
  "menu-change-returned",
]);

const alert = z
  .object({
    id: z.uuid(),
    kind,
    at: z.date(),
    facts: z.record(z.string(), z.union([z.string(), z.number()])).readonly(),
    acknowledged_at: z.date().nullable(),
    ended_at: z.date().nullable().describe("Null while what it tells of lasts."),
  })
  .meta({ id: "Alert" });

const signals = z
  .object({
    from: z.date(),
    until: z.date(),
    confirmations: z
      .array(
        z.object({
          manager_id: z.uuid(),
          day: z.iso.date().describe("In the community's time zone."),
          count: z.int(),
          total: z.int().describe("iSoCCs."),
          members: z.int().describe("Different members they were for."),
        }),
      )
      .readonly()
      .describe("Claims a manager confirmed in one day, the most first."),
    pairs: z
      .array(
        z.object({
          member_ids: z.tuple([z.uuid(), z.uuid()]).readonly(),
          transfers: z.int(),
          total: z.int().describe("iSoCCs."),
        }),
      )
      .readonly()
      .describe("Two who sent to each other, both ways, and to and from nobody else."),
    wrong_tries: z
      .array(z.object({ vendor_id: z.uuid(), tries: z.int(), locks: z.int() }))
      .readonly()
      .describe("Wrong redemption codes and keys."),
    without_key: z
      .array(
        z.object({
          manager_id: z.uuid(),
          vendor_id: z.uuid().nullable(),
          count: z.int(),
          total: z.int().describe("iSoCCs."),
        }),
      )
      .readonly()
      .describe("Redemptions that a manager settled without the member's key."),
  })
  .meta({ id: "FraudSignals" });

/** What a partner should look at: alerts (R5, R8, R17), and facts that may mean fraud. */
export function watching(house: House): void {
  addAlerts(house);
  addSignals(house);
}

const tag = "watching";

function addAlerts(house: House): void {
  const all = "/communities/:community/alerts";
  readIn(house, {
    url: all,
    tag,
    summary: "Alerts, the newest first.",
    query: timeQuery.extend({
      kind: kind.optional(),
      status: z.enum(["open", "ended"]).optional().describe("`open` while what it tells of lasts."),
    }),
    answer: listOf(alert),
    read: async ({ db, community, query }) => {
      const asked = { ...timeAsked(query), kind: query.kind };
      return { answer: listed(await listAlerts(db, community.id, asked)) };
    },
  });
  writeIn(house, {
    method: "POST",
    url: `${all}/:id/acknowledge`,
    tag,
    summary: "Notes that an alert has been read.",
    params: idIn,
    status: 200,
    answer: alert,
    write: async ({ db, params, community, caller, now }) => {
      const at = { trx: db, community, now };
      const found = await acknowledgeAlert(at, { id: params.id, actor: caller.actor });
      return found === undefined ? notFound("id", "No such alert") : { answer: found };
    },
  });
}

/** Looked back when no beginning is asked for. */
const days_before = 30;
const day_ms = 86_400_000;

function addSignals(house: House): void {
  readIn(house, {
    url: "/communities/:community/fraud-signals",
    tag,
    summary:
      "Facts of a period that should be looked at, at most 100 of each kind; none proves anything.",
    query: timeQuery.pick({ from: true, until: true }),
    answer: signals,
    read: async ({ db, community, query, now }) => {
      const { from: asked_from, until = now } = spanOf(query);
      const from = asked_from ?? new Date(until.getTime() - days_before * day_ms);
      const days = (until.getTime() - from.getTime()) / day_ms;
      if (days <= 0 || days > period_days_max) return bad_period;
      const found = await fraudSignals(db, community, { from, until });
      return { answer: { from, until, ...found } };
    },
  });
}

const bad_period = problem(400, "A field is wrong", {
  in: "query",
  field: "from",
  detail: `Wants a moment before \`until\`, at most ${period_days_max} days.`,
});
