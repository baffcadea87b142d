import { sql } from "kysely";
import { outstandingOf } from "../ledger/statement.ts";
import { endAlert, lastingAlerts, raiseAlert, type BudgetAlert } from "./alerts.ts";
import type { Context } from "./context.ts";
import { managersOf } from "./members.ts";
import { notify } from "./notify.ts";

/** R8, in per cent of the partner's budget. */
const lines = { "liquidity-low": 80, "liquidity-reached": 100 } as const;
/** How far it must fall under a line before the alert of that line is over: none for every step. */
const leeway = 5;
/** Shown no higher: a budget of nearly nothing has no sensible percentage. */
const percent_max = 9_999;

/** What the partner would have to pay for all iSoCCs, beside what they have set aside for it. */
export interface Liquidity {
  /** iSoCCs that members, vendors and groups have, and what is to be added. */
  readonly outstanding: number;
  readonly adding: number;
  /** A decimal: what a vendor is paid for one, or its notional value where vendors take no cash. */
  readonly value: string;
  readonly budget: string;
  /** Of both together, rounded down. */
  readonly percent: number;
}

/** Undefined where the community has no budget or no value to compare. */
export async function liquidityOf(
  { trx, community }: Pick<Context, "trx" | "community">,
  adding = 0,
): Promise<Liquidity | undefined> {
  const outstanding = await outstandingOf(trx, community.id);
  const value = sql<string | null>`coalesce(cash_out_value, notional_value)`;
  const row = await trx
    .selectFrom("community")
    .select([
      value.as("value"),
      "liquidity_budget as budget",
      // Exact, as decimals are and floats are not. Without any money every SoCC is too many.
      sql<number>`case
        when liquidity_budget > 0
        then least(floor(${outstanding + adding}::bigint * ${value} * 100 / liquidity_budget), ${percent_max})
        else 100
      end::integer`.as("percent"),
    ])
    .where("id", "=", community.id)
    .executeTakeFirstOrThrow();
  const { value: each, budget, percent } = row;
  return each === null || budget === null
    ? undefined
    : { outstanding, adding, value: each, budget, percent };
}

/**
 * Compares what is outstanding with the partner's budget (R8), before an approval or an order.
 *
 * - An approval counts what it would add, so that none goes to 100 % or over it: it is refused whole,
 *   its claims wait on, and expire with a text if the budget is not raised in time.
 * - An order adds nothing, and what it holds is outstanding until it is settled. It is refused only
 *   when 100 % is reached all the same, by a budget that was lowered or a value that was raised: the
 *   partner then cannot pay for every SoCC there is. What was ordered before is still handed over.
 * - At 80 % everything goes on, and the managers and the partner are warned.
 *
 * Crossing a line is told once: an alert for the partner, a text for each manager. It is over when
 * the comparison has fallen five points under the line.
 *
 * How exact it is: nothing is locked, so that nobody waits for it. Approvals at the very same moment
 * do not see each other, and may together go over the line by what all but one of them add; the next
 * one sees them all and is refused.
 * @param adding iSoCCs.
 */
export async function isBudgetReached(context: Context, adding = 0): Promise<boolean> {
  const [found, lasting] = await Promise.all([
    liquidityOf(context, adding),
    lastingAlerts(context),
  ]);
  if (found === undefined) return false;
  for (const kind of ["liquidity-reached", "liquidity-low"] as const) {
    const is_crossed = found.percent >= lines[kind];
    if (is_crossed && !lasting.includes(kind)) await tell(context, kind, found);
    if (found.percent < lines[kind] - leeway && lasting.includes(kind))
      await endAlert(context, kind);
    // Who is told of the upper line need not be told of the lower.
    if (is_crossed) break;
  }
  return found.percent >= lines["liquidity-reached"];
}

async function tell(context: Context, kind: BudgetAlert, found: Liquidity): Promise<void> {
  const { trx, community } = context;
  if (!(await raiseAlert(context, kind, { ...found }))) return;
  const managers = await managersOf(trx, community.id);
  await notify(
    context,
    managers.map((to) => ({
      to,
      purpose: "request",
      text: kind === "liquidity-low" ? "budget-low" : "budget-reached",
      fields: { community: community.name, percent: found.percent },
    })),
  );
}
