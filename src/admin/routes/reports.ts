import { z } from "zod";
import { month_form } from "../../reports/months.ts";
import { summarise } from "../../reports/summary.ts";
import { makeWorkbook, whyNot } from "../../reports/workbook/workbook.ts";
import { atMost, tooManyAtOnce } from "../limits.ts";
import { problem, type Problem } from "../problems.ts";
import { readFileIn, readIn, type House } from "../route.ts";
import { textCost } from "./messages.ts";

const counts = z.record(z.string(), z.int()).readonly().describe("How many in each state.");

/** What is outstanding, beside the partner's budget for it (R8). */
export const liquidity = z
  .object({
    outstanding_value: z
      .string()
      .nullable()
      .describe("What the outstanding iSoCCs may cost the partner, in the community's currency."),
    budget: z.string().nullable(),
    percent: z.int().nullable().describe("Of the budget, rounded down."),
    left: z.int().nullable().describe("iSoCCs more that stay below the budget."),
    state: z
      .enum(["fine", "warned", "blocked"])
      .describe("`warned` from 80 % of the budget on, `blocked` from 100 %."),
  })
  .meta({ id: "Liquidity" });

const money = z.string().describe("In the community's currency.");

const figures = z
  .object({
    month: z.string().describe("`2026-10`, in the community's time zone."),
    earned: z.int(),
    redeemed: z.int().describe("Spent on rewards."),
    redeemed_at_partner: z.int().describe("Of those, handed over by the partner."),
    transferred: z.int().describe("Sent from one to another."),
    cashed_out: z.int().describe("Taken back by the partner for cash."),
    cash_paid: money,
    outstanding: z.int().describe("With people at the end of the month, or now."),
    outstanding_average: z.int().describe("The mean of its days' ends, rounded down."),
    velocity: z
      .string()
      .nullable()
      .describe("(redeemed + transferred) / the average outstanding, to two places."),
    self_sufficiency_percent: z
      .int()
      .nullable()
      .describe(
        "Of what was redeemed, what the partner neither handed over nor paid cash for, rounded down.",
      ),
    accrued: z.int().describe("commSoCCs that came to the cache with earnings."),
    cache_spent: z.int(),
    cache: z.int().describe("commSoCCs at the end of the month, or now."),
  })
  .meta({ id: "Figures" });

const deed = z.object({
  code: z.string().nullable().describe("Null for what was earned without a claim."),
  count: z.int().describe("Confirmed, less those undone."),
  total: z.int().describe("iSoCCs."),
});

const summary = z
  .object({
    members: z.object({ active: z.int(), managers: z.int(), vendors: z.int(), groups: z.int() }),
    claims: counts,
    redemptions: counts,
    cash_outs: counts,
    proposals: counts,
    isoccs: z.object({
      earned: z.int(),
      brought_over: z.int().describe("From SoCC Books."),
      outstanding: z.int().describe("earned + brought_over - settled: with people now."),
      held: z.int().describe("Of those outstanding, set aside."),
      with_members: z.int(),
      with_vendors: z.int(),
      with_groups: z.int(),
      settled: z.int().describe("Left the community: paid for by the partner."),
    }),
    commsoccs: z.object({
      accrued: z.int(),
      brought_over: z.int(),
      cache: z.int().describe("accrued + brought_over - spent."),
      spent: z.int(),
      promised: z.int().describe("Of passed proposals not paid yet; may exceed the cache."),
    }),
    liquidity,
    texts: z
      .object({
        texts: z.int(),
        segments: z.int().describe("What the network charges for."),
        costs: z
          .array(textCost)
          .readonly()
          .describe("A sum for each currency; none while unknown."),
      })
      .describe("Written in these months."),
    months: z.array(figures).readonly().describe("The oldest first."),
    deeds: z.array(deed).readonly().describe("What was earned by in these months."),
  })
  .meta({ id: "Summary" });

const summaryQuery = z.object({
  months: z.coerce
    .number()
    .int()
    .min(1)
    .max(36)
    .default(12)
    .describe("How many of the last months, this one included."),
});

const workbookQuery = z.object({
  month: z
    .string()
    .regex(month_form, "a month, such as 2026-10")
    .describe("In the community's time zone. This month is told so far."),
});

/** Reports on one community. */
export function reports(house: House): void {
  addSummary(house);
  addWorkbook(house);
}

const tag = "reports";

/** Each takes a connection and a core for as long as all journals of its months are read. */
const summaries_together_max = 2;

function addSummary(house: House): void {
  const few = atMost(summaries_together_max);
  readIn(house, {
    url: "/communities/:community/reports/summary",
    tag,
    summary: "Totals that equal the ledger, and the last months.",
    query: summaryQuery,
    answer: summary,
    read: async ({ db, community, query, now }) => {
      const found = await few(() => summarise(db, community, { months: query.months, now }));
      return found === undefined ? tooManyAtOnce("summaries") : { answer: found };
    },
  });
}

/** Each takes a connection, a core and some hundreds of megabytes at the most. */
const workbooks_together_max = 2;

function addWorkbook(house: House): void {
  const few = atMost(workbooks_together_max);
  readFileIn(house, {
    url: "/communities/:community/reports/workbook",
    tag,
    summary: "The workbook of a month: every line, with totals that equal the ledger.",
    media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    query: workbookQuery,
    read: async ({ db, community, query: { month }, now }) => {
      const made = await few(() => makeWorkbook(db, community, { month, now }));
      switch (made?.type) {
        case undefined:
          return tooManyAtOnce("workbooks");
        case "workbook":
          return { name: `${community.slug}-${month}.xlsx`, bytes: made.file };
        case "future":
        case "before-community":
        case "too-long":
          return wrongMonth(whyNot(made));
      }
    },
  });
}

const wrongMonth = (detail: string): Problem =>
  problem(422, "A field does not fit", { in: "query", field: "month", detail });
