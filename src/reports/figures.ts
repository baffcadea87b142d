import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import type { Community } from "../domain/communities.ts";
import { cacheOf, outstandingOf } from "../ledger/statement.ts";
import { givenTo, journalsIn, type Span } from "./journals.ts";
import type { Month } from "./months.ts";

/**
 * What happened in a community in a month (R3, R24), by when it happened. A reversal takes away from
 * the month in which it was made.
 */
export interface Figures {
  /** `2026-10`. */
  readonly month: string;
  /** iSoCCs earned. */
  readonly earned: number;
  /** iSoCCs spent on rewards. */
  readonly redeemed: number;
  /** Of those redeemed, handed over by the partner rather than by a vendor. */
  readonly redeemed_at_partner: number;
  /** iSoCCs sent from one to another. */
  readonly transferred: number;
  /** iSoCCs that the partner took back for cash. */
  readonly cashed_out: number;
  /** What it paid for them, in the community's currency. */
  readonly cash_paid: string;
  /** iSoCCs with people at the end of the month, or now. */
  readonly outstanding: number;
  /** The mean of what was outstanding at the end of each day up to now, rounded down. */
  readonly outstanding_average: number;
  /**
   * iSoCCs redeemed and transferred for each one outstanding on average, to two places; null where
   * none were outstanding. It is worked out from the average as it is, not as it is rounded.
   */
  readonly velocity: string | null;
  /**
   * Of what was redeemed, in per cent rounded down, what the partner did not pay for: neither handed
   * over by itself nor cashed out by vendors. Null where nothing was redeemed.
   */
  readonly self_sufficiency_percent: number | null;
  /** commSoCCs that came to the cache with earnings. */
  readonly accrued: number;
  readonly cache_spent: number;
  /** In the cache at the end of the month, or now. */
  readonly cache: number;
}

/** Reads months that follow each other, the oldest first. To be read in one snapshot. */
export async function readFigures(
  db: Reader,
  community: Community,
  { months, now }: { readonly months: readonly Month[]; readonly now: Date },
): Promise<readonly Figures[]> {
  const { id, time_zone } = community;
  const [first] = months;
  if (first === undefined) return [];
  const names = months.map(({ name }) => `${name}-01`);
  const outstanding = await outstandingOf(db, id);
  const cache = await cacheOf(db, id);
  // What stood at the end of a day is what stands now without what happened on later days.
  const { rows } = await sql<Omit<Figures, "self_sufficiency_percent">>`
    with happened as materialized (
      select (j.happened_at at time zone ${time_zone}::text)::date as day, j.kind, j.amount,
        ${givenTo("settlement")} as settled, ${givenTo("comm_settlement")} as cache_spent, j.accrued,
        -${givenTo("issuance")} - ${givenTo("opening")} - ${givenTo("settlement")} as came,
        j.accrued - ${givenTo("comm_issuance")} - ${givenTo("comm_opening")}
          - ${givenTo("comm_settlement")} as came_to_cache,
        j.sign * c.cash as cash
      from ${journalsIn(id, { from: first.from, until: end_of_time })} as j
      left join cash_out as c
        on j.kind = 'cash-out' and c.community_id = ${id} and c.journal_id = j.of_id
    ),
    changed as materialized (
      select day, sum(came) as came, sum(came_to_cache) as came_to_cache from happened group by day
    ),
    wanted as (
      select month, (month + interval '1 month')::date as next_month
      from unnest(${names}::date[]) as month
    ),
    days as (
      select month, morning as day,
        ${outstanding}::bigint - later.came as outstanding, ${cache}::bigint - later.to_cache as cache
      from wanted
      cross join lateral generate_series(
        month::timestamp,
        least(
          next_month - interval '1 day',
          date_trunc('day', ${now}::timestamptz at time zone ${time_zone}::text)
        ),
        interval '1 day'
      ) as morning
      cross join lateral (
        select coalesce(sum(came), 0) as came, coalesce(sum(came_to_cache), 0) as to_cache
        from changed where changed.day > morning
      ) as later
    ),
    stood as (
      select month, count(*) as days, sum(outstanding) as sum_outstanding,
        (array_agg(outstanding order by day desc))[1] as outstanding,
        (array_agg(cache order by day desc))[1] as cache
      from days group by month
    ),
    did as (
      select month,
        coalesce(sum(amount) filter (where kind = 'earning'), 0) as earned,
        coalesce(sum(amount) filter (where kind = 'redemption'), 0) as redeemed,
        coalesce(sum(settled) filter (where kind = 'redemption'), 0) as redeemed_at_partner,
        coalesce(sum(amount) filter (where kind = 'transfer'), 0) as transferred,
        coalesce(sum(amount) filter (where kind = 'cash-out'), 0) as cashed_out,
        coalesce(sum(cash), 0) as cash_paid,
        coalesce(sum(accrued), 0) as accrued, coalesce(sum(cache_spent), 0) as cache_spent
      from wanted
      left join happened on day >= month and day < next_month
      group by month
    )
    select to_char(month, 'YYYY-MM') as month, earned::bigint, redeemed::bigint,
      redeemed_at_partner::bigint, transferred::bigint, cashed_out::bigint,
      round(cash_paid, 2)::text as cash_paid, outstanding::bigint,
      floor(sum_outstanding / days)::bigint as outstanding_average,
      round((redeemed + transferred) * days / nullif(sum_outstanding, 0), 2)::text as velocity,
      accrued::bigint, cache_spent::bigint, cache::bigint
    from did join stood using (month)
    order by month
  `.execute(db);
  return rows.map((row) => ({ ...row, self_sufficiency_percent: selfSufficiency(row) }));
}

/** What is dated after now is taken away as well. */
const end_of_time = new Date("9999-12-31T00:00:00Z");

type Redeemed = Pick<Figures, "redeemed" | "redeemed_at_partner" | "cashed_out">;

/** Vendors may cash out this month what they took in the one before: it is never less than none. */
function selfSufficiency({ redeemed, redeemed_at_partner, cashed_out }: Redeemed): number | null {
  if (redeemed <= 0) return null;
  const closed = Math.max(redeemed - redeemed_at_partner - cashed_out, 0);
  return Math.floor((closed * 100) / redeemed);
}

/** How often a deed was done, and what was earned by it. */
export interface DeedFigures {
  /** Null for what was earned without a claim. */
  readonly code: string | null;
  /** In every language of the community; null without a claim. */
  readonly name: unknown;
  readonly sensitive: boolean;
  /** Reversals taken away. */
  readonly count: number;
  /** iSoCCs. */
  readonly total: number;
}

/** Deeds by kind, by when they were confirmed, what earned most first (R24). */
export async function deedsByKind(
  db: Reader,
  community_id: string,
  span: Span,
): Promise<readonly DeedFigures[]> {
  const { rows } = await sql<DeedFigures>`
    select d.code, (array_agg(d.name order by d.valid_from desc))[1] as name,
      coalesce(bool_or(d.sensitive), false) as sensitive,
      sum(j.sign)::integer as count, sum(j.amount)::bigint as total
    from ${journalsIn(community_id, span)} as j
    left join claim as c on c.community_id = ${community_id} and c.journal_id = j.of_id
    left join deed as d on d.community_id = c.community_id and d.id = c.deed_id
    where j.kind = 'earning'
    group by d.code
    order by sum(j.amount) desc, d.code
  `.execute(db);
  return rows;
}
