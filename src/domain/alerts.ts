import { sql } from "kysely";
import { v7 as uuid } from "uuid";
import type { Reader } from "../db/database.ts";
import { audit } from "./audit.ts";
import type { Context } from "./context.ts";
import { pageOf, type Page, type PageAsked } from "./pages.ts";

type Moment = Pick<Context, "trx" | "community" | "now">;

/** Lines of the budget, each crossed once until it is crossed back. */
export type BudgetAlert = "liquidity-low" | "liquidity-reached";

export type AlertKind = BudgetAlert | "dispute-raised" | "menu-change-returned";

/** Told once, and over with that. */
const momentary: readonly AlertKind[] = ["menu-change-returned"];

/**
 * Writes down what the partner is to be told: they have no phone here, and read it over the admin API.
 * @returns whether it is news: false while an alert of the budget of this kind has not ended.
 */
export async function raiseAlert(
  { trx, community, now: at }: Moment,
  kind: AlertKind,
  facts: Readonly<Record<string, string | number>>,
): Promise<boolean> {
  const written = await trx
    .insertInto("alert")
    .values({
      ...{ community_id: community.id, id: uuid(), kind, at, facts: JSON.stringify(facts) },
      ended_at: momentary.includes(kind) ? at : null,
    })
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

/** The dispute it told of has ended. */
export async function endAlertOfDispute(
  { trx, community, now }: Moment,
  dispute_id: string,
): Promise<void> {
  await trx
    .updateTable("alert")
    .set({ ended_at: now })
    .where("community_id", "=", community.id)
    // In the statement itself, as the index has it.
    .where("kind", "=", sql.lit("dispute-raised"))
    .where(sql<string>`facts ->> 'dispute_id'`, "=", dispute_id)
    .where("ended_at", "is", null)
    .execute();
}

const alerts = (db: Reader, community_id: string) =>
  db
    .selectFrom("alert")
    .select(["id", "at", "acknowledged_at", "ended_at"])
    // What the database's checks and their writer say that these are.
    .select([
      sql<AlertKind>`kind`.as("kind"),
      sql<Readonly<Record<string, string | number>>>`facts`.as("facts"),
    ])
    .where("community_id", "=", community_id);

export type AlertRecord = Awaited<ReturnType<ReturnType<typeof alerts>["executeTakeFirstOrThrow"]>>;

/** What the list of alerts is asked for. */
export interface AlertsAsked extends PageAsked {
  readonly kind?: AlertKind | undefined;
  /** `open` while what it tells of lasts. */
  readonly status?: "open" | "ended" | undefined;
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
}

/** What the partner is told, the newest first. */
export async function listAlerts(
  db: Reader,
  community_id: string,
  asked: AlertsAsked,
): Promise<Page<AlertRecord>> {
  let query = alerts(db, community_id);
  if (asked.kind !== undefined) query = query.where("kind", "=", asked.kind);
  if (asked.status !== undefined)
    query = query.where("ended_at", asked.status === "open" ? "is" : "is not", null);
  if (asked.from !== undefined) query = query.where("at", ">=", asked.from);
  if (asked.until !== undefined) query = query.where("at", "<", asked.until);
  if (asked.after !== undefined) query = query.where("id", "<", asked.after);
  const rows = await query
    .orderBy("id", "desc")
    .limit(asked.limit + 1)
    .execute();
  return pageOf(rows, asked.limit);
}

/**
 * Notes that the partner has read an alert, the first time it is said.
 * @returns undefined where there is no such alert here.
 */
export async function acknowledgeAlert(
  { trx, community, now }: Moment,
  { id, actor }: { id: string; actor: string },
): Promise<AlertRecord | undefined> {
  const { numUpdatedRows } = await trx
    .updateTable("alert")
    .set({ acknowledged_at: now })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .where("acknowledged_at", "is", null)
    .executeTakeFirst();
  if (numUpdatedRows > 0n)
    await audit(
      trx,
      { community_id: community.id, now },
      { actor, act: "alert.acknowledged", subject: `alert:${id}` },
    );
  return await alerts(trx, community.id).where("id", "=", id).executeTakeFirst();
}
