import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

/** What the outstanding iSoCCs may cost the partner, beside the budget for it (R8). */
export interface Liquidity {
  /** In the community's currency; null where a SoCC has no value yet. */
  readonly outstanding_value: string | null;
  readonly budget: string | null;
  /** `warned` from 80 % of the budget on, `blocked` from 100 %; `fine` without a budget. */
  readonly state: "fine" | "warned" | "blocked";
}

/**
 * Compares what is outstanding with the partner's budget, at the cash-out value, or where vendors
 * take no cash at what a SoCC is worth.
 * @param cash_out_value the value to compare at, in place of the one in force.
 */
export async function liquidityOf(
  db: Reader,
  community_id: string,
  cash_out_value?: string | null,
): Promise<Liquidity> {
  const value =
    cash_out_value === undefined ? sql`cash_out_value` : sql`${cash_out_value}::numeric`;
  // In Postgres, whose numerics are exact.
  const { rows } = await sql<Liquidity>`
    select
      round(l.value, 2)::text as outstanding_value,
      l.budget::text as budget,
      case
        when l.value >= l.budget then 'blocked'
        when l.value >= 0.8 * l.budget then 'warned'
        else 'fine'
      end as state
    from (
      select
        c.liquidity_budget as budget,
        coalesce(${value}, c.notional_value) * (
          select coalesce(sum(a.posted), 0)
          from ledger.account as a
          where a.community_id = c.id and a.kind in ('member', 'vendor', 'group')
        ) as value
      from community as c
      where c.id = ${community_id}
    ) as l
  `.execute(db);
  return rows[0] ?? { outstanding_value: null, budget: null, state: "fine" };
}
