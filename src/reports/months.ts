import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import type { Community } from "../domain/communities.ts";

/** How a month is named: `2026-10`. */
export const month_form = /^2\d{3}-(0[1-9]|1[0-2])$/;

/** A calendar month in a community's time zone: from its first midnight up to the next month's. */
export interface Month {
  /** `2026-10`. */
  readonly name: string;
  readonly from: Date;
  readonly until: Date;
}

export type MonthFound =
  | { readonly type: "month"; readonly month: Month }
  /** It has not begun where the community is. */
  | { readonly type: "future" }
  /** It was over before the community began, in the month of this name. */
  | { readonly type: "before-community"; readonly began: string };

/** Finds a month that a community has lived in, the one that it is in included. */
export async function findMonth(
  db: Reader,
  community: Pick<Community, "id">,
  { name, now }: { readonly name: string; readonly now: Date },
): Promise<MonthFound> {
  const first = sql`${`${name}-01`}::timestamp`;
  // Postgres knows where each zone's midnights are.
  const { from, until, created_at, began } = await db
    .selectFrom("community")
    .select([
      sql<Date>`${first} at time zone time_zone`.as("from"),
      sql<Date>`(${first} + interval '1 month') at time zone time_zone`.as("until"),
      "created_at",
      sql<string>`to_char(created_at at time zone time_zone, 'YYYY-MM')`.as("began"),
    ])
    .where("id", "=", community.id)
    .executeTakeFirstOrThrow();
  if (from > now) return { type: "future" };
  if (until <= created_at) return { type: "before-community", began };
  return { type: "month", month: { name, from, until } };
}

/** The last so many months of a community, the one that it is in included, the oldest first. */
export async function lastMonths(
  db: Reader,
  community: Pick<Community, "id">,
  { count, now }: { readonly count: number; readonly now: Date },
): Promise<readonly Month[]> {
  const { rows } = await sql<Month>`
    select to_char(first, 'YYYY-MM') as name, first at time zone time_zone as "from",
      (first + interval '1 month') at time zone time_zone as until
    from community
    cross join lateral generate_series(
      greatest(
        date_trunc('month', ${now}::timestamptz at time zone time_zone)
          - ${count - 1} * interval '1 month',
        date_trunc('month', created_at at time zone time_zone)
      ),
      date_trunc('month', ${now}::timestamptz at time zone time_zone),
      interval '1 month'
    ) as first
    where id = ${community.id}
    order by first
  `.execute(db);
  return rows;
}
