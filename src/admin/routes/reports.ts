import { z } from "zod";
import { summarise } from "../../reports/summary.ts";
import { readIn, type House } from "../route.ts";

const counts = z.record(z.string(), z.int()).readonly().describe("How many in each state.");

/** What is outstanding, beside the partner's budget for it (R8). */
export const liquidity = z
  .object({
    outstanding_value: z
      .string()
      .nullable()
      .describe("What the outstanding iSoCCs may cost the partner, in the community's currency."),
    budget: z.string().nullable(),
    state: z
      .enum(["fine", "warned", "blocked"])
      .describe("`warned` from 80 % of the budget on, `blocked` from 100 %."),
  })
  .meta({ id: "Liquidity" });

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
  })
  .meta({ id: "Summary" });

/** Reports on one community. */
export function reports(house: House): void {
  readIn(house, {
    url: "/communities/:community/reports/summary",
    tag: "reports",
    summary: "Totals that equal the ledger.",
    answer: summary,
    read: async ({ db, community }) => ({ answer: await summarise(db, community) }),
  });
}
