import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import { outstandingOf } from "../ledger/statement.ts";
import { askManagers } from "./asking-managers.ts";
import { endAlert, lastingAlerts, raiseAlert, type BudgetAlert } from "./alerts.ts";
import type { Context } from "./context.ts";

/** R8, in per cent of the partner's budget. */
const lines = { "liquidity-low": 80, "liquidity-reached": 100 } as const;
/** How far it must fall under a line before the alert of that line is over: none for every step. */
const leeway = 5;
/** Shown no higher: a budget of nearly nothing has no sensible percentage. */
const percent_max = 9_999;
/** Counted no higher: more than anybody earns. */
const left_max = 1_000_000_000;

/** What the outstanding iSoCCs may cost the partner, beside the budget for it (R8). */
export interface Liquidity {
  /** iSoCCs that members, vendors and groups have, and what is to be added. */
  readonly outstanding: number;
  readonly adding: number;
  /** Of both together, in the community's currency; null where a SoCC has no value yet. */
  readonly outstanding_value: string | null;
  readonly budget: string | null;
  /** Of the budget, rounded down; null where there is none, or no value to compare. */
  readonly percent: number | null;
  /** How many more iSoCCs, beside both, stay below 100 %; null like `percent`. */
  readonly left: number | null;
  /** `warned` from 80 % of the budget on, `blocked` from 100 %; `fine` without a budget. */
  readonly state: "fine" | "warned" | "blocked";
}

/**
 * Compares what is outstanding with the partner's budget, at the cash-out value, or where vendors
 * take no cash at what a SoCC is worth.
 * @param change what would be added, in iSoCCs, or the value to compare at in place of the one in
 *   force.
 */
export async function liquidityOf(
  db: Reader,
  community_id: string,
  change: { readonly adding?: number; readonly cash_out_value?: string | null | undefined } = {},
): Promise<Liquidity> {
  const { adding = 0, cash_out_value } = change;
  const outstanding = await outstandingOf(db, community_id);
  const cash_out =
    cash_out_value === undefined ? sql`cash_out_value` : sql`${cash_out_value}::numeric`;
  const worth = sql`coalesce(${cash_out}, notional_value)`;
  const total = sql`${outstanding + adding}::bigint * ${worth}`;
  // In Postgres, whose numerics are exact. Without any money every SoCC is too many.
  const { outstanding_value, budget, percent, left } = await db
    .selectFrom("community")
    .select([
      sql<string | null>`round(${total}, 2)::text`.as("outstanding_value"),
      "liquidity_budget as budget",
      sql<number | null>`case
        when ${total} is null or liquidity_budget is null then null
        when liquidity_budget > 0
          then least(floor(${total} * 100 / liquidity_budget), ${percent_max})
        else 100
      end::integer`.as("percent"),
      // So many are below the budget in all, without those there are.
      sql<number | null>`least(${left_max}, greatest(0,
        div(liquidity_budget, ${worth}) - (mod(liquidity_budget, ${worth}) = 0)::integer
          - ${outstanding + adding}::bigint
      ))::integer`.as("left"),
    ])
    .where("id", "=", community_id)
    .executeTakeFirstOrThrow();
  const state =
    percent === null || percent < lines["liquidity-low"]
      ? "fine"
      : percent < lines["liquidity-reached"]
        ? "warned"
        : "blocked";
  return { outstanding, adding, outstanding_value, budget, percent, left, state };
}

/** Whether a SoCC would be worth more to the partner at another cash-out value than it is now. */
export async function raisesWorth(
  db: Reader,
  community_id: string,
  cash_out_value: string | null,
): Promise<boolean> {
  const { raises } = await db
    .selectFrom("community")
    .select(
      sql<boolean>`coalesce(${cash_out_value}::numeric, notional_value, 0)
        > coalesce(cash_out_value, notional_value, 0)`.as("raises"),
    )
    .where("id", "=", community_id)
    .executeTakeFirstOrThrow();
  return raises;
}

/** R8: the partner's budget has no room for what was asked. */
export interface NoRoom {
  /** How many iSoCCs it has room for. */
  readonly left: number;
}

/**
 * Compares what is outstanding with the partner's budget (R8), before an approval or an order.
 *
 * - An approval counts what it would add, so that none goes to 100 % or over it: it is refused whole,
 *   its claims wait on, and expire with a text if the budget is not raised in time. A smaller one that
 *   still fits goes on.
 * - An order adds nothing, and what it holds is outstanding until it is settled. It is refused only
 *   when 100 % is reached all the same, by a budget that was lowered or a value that was raised: the
 *   partner then cannot pay for every SoCC there is. What was ordered before is still handed over.
 * - At 80 % everything goes on, and the managers and the partner are warned.
 *
 * Crossing a line is told once, by what is outstanding, with what is added where it goes on: an alert
 * for the partner, a text for each manager. The upper line is crossed when not one more SoCC fits. It is
 * over when the comparison has fallen five points under the line.
 *
 * How exact it is: nothing is locked, so that nobody waits for it. Approvals at the very same moment
 * do not see each other, and may together go over the line by what all but one of them add; the next
 * one sees them all and is refused.
 * @param adding iSoCCs.
 * @returns undefined where it goes on.
 */
export async function noRoomFor(context: Context, adding = 0): Promise<NoRoom | undefined> {
  const { trx, community } = context;
  const [asked, lasting] = await Promise.all([
    liquidityOf(trx, community.id, { adding }),
    lastingAlerts(context),
  ]);
  if (asked.percent === null) return undefined;
  const fits = asked.percent < lines["liquidity-reached"];
  const found = fits || adding === 0 ? asked : await liquidityOf(trx, community.id);
  await tellOfLines(context, found, lasting);
  return fits ? undefined : { left: found.left ?? 0 };
}

async function tellOfLines(
  context: Context,
  found: Liquidity,
  lasting: readonly string[],
): Promise<void> {
  const { percent, left } = found;
  if (percent === null) return;
  for (const kind of ["liquidity-reached", "liquidity-low"] as const) {
    const is_crossed = kind === "liquidity-reached" ? left === 0 : percent >= lines[kind];
    if (is_crossed && !lasting.includes(kind)) await tell(context, kind, { ...found, percent });
    if (percent < lines[kind] - leeway && lasting.includes(kind)) await endAlert(context, kind);
    // Who is told of the upper line need not be told of the lower.
    if (is_crossed) break;
  }
}

async function tell(
  context: Context,
  kind: BudgetAlert,
  found: Liquidity & { readonly percent: number },
): Promise<void> {
  const { outstanding, adding, percent, outstanding_value, budget } = found;
  const money = { outstanding_value: outstanding_value ?? "", budget: budget ?? "" };
  if (!(await raiseAlert(context, kind, { outstanding, adding, percent, ...money }))) return;
  const fields = { community: context.community.name, percent };
  const text = kind === "liquidity-low" ? "budget-low" : "budget-reached";
  await askManagers(context, text, () => fields);
}
