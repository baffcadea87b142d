import { sql } from "kysely";
import { v7 as uuid } from "uuid";
import type { Context } from "./context.ts";

type Moment = Pick<Context, "trx" | "community" | "now">;

/** Lines of the budget, each crossed once until it is crossed back. */
export type BudgetAlert = "liquidity-low" | "liquidity-reached";

/**
 * Writes down what the partner is to be told: they have no phone here, and read it over the admin API.
 * @returns whether it is news: false while an alert of the budget of this kind has not ended.
 */
export async function raiseAlert(
  { trx, community, now: at }: Moment,
  kind: BudgetAlert | "dispute-raised",
  facts: Readonly<Record<string, string | number>>,
): Promise<boolean> {
  const written = await trx
    .insertInto("alert")
    .values({ community_id: community.id, id: uuid(), kind, at, facts: JSON.stringify(facts) })
    // Two who cross the line at the same moment: the second waits for the first, and tells nobody.
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
  return written !== undefined;
}

/** The alerts of the budget that last. */
export async function lastingAlerts({
  trx,
  community,
}: Omit<Moment, "now">): Promise<readonly string[]> {
  const rows = await trx
    .selectFrom("alert")
    .select("kind")
    .where("community_id", "=", community.id)
    .where("ended_at", "is", null)
    .where(sql<boolean>`kind in ('liquidity-low', 'liquidity-reached')`)
    .execute();
  return rows.map(({ kind }) => kind);
}

/** What it told of is over; crossing the line again is another alert. */
export async function endAlert({ trx, community, now }: Moment, kind: BudgetAlert): Promise<void> {
  await trx
    .updateTable("alert")
    .set({ ended_at: now })
    .where("community_id", "=", community.id)
    .where("kind", "=", kind)
    .where("ended_at", "is", null)
    .execute();
}
