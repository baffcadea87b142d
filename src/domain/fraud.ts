import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import type { Community } from "./communities.ts";

/** From a moment on, and up to another: at most a year is looked at. */
export interface Period {
  readonly from: Date;
  readonly until: Date;
}

/** Facts that an overseer or a partner should look at; none of them proves anything. */
export interface FraudSignals {
  /** Claims a manager confirmed in one day of the community, the most first. */
  readonly confirmations: readonly {
    readonly manager_id: string;
    /** `2026-03-14`. */
    readonly day: string;
    readonly count: number;
    /** iSoCCs. */
    readonly total: number;
    /** Different members they were for. */
    readonly members: number;
  }[];
  /** Two who sent to each other, both ways, and to and from nobody else. */
  readonly pairs: readonly {
    readonly member_ids: readonly [string, string];
    readonly transfers: number;
    readonly total: number;
  }[];
  /** Wrong redemption codes and keys. */
  readonly wrong_tries: readonly {
    readonly vendor_id: string;
    readonly tries: number;
    readonly locks: number;
  }[];
  /** Redemptions at a vendor that a manager settled without the member's key. */
  readonly without_key: readonly {
    readonly manager_id: string;
    readonly vendor_id: string;
    readonly count: number;
    /** iSoCCs. */
    readonly total: number;
  }[];
}

/** Most rows of each kind, those that stand out most first. */
const rows_max = 100;
/** A pair is one from so many transfers on. */
const pair_transfers_min = 4;
export const period_days_max = 366;

/**
 * Reads a period's signals, each from the rows of that period alone, found by an index.
 * @throws RangeError on a period of more than 366 days.
 */
export async function fraudSignals(
  db: Reader,
  community: Pick<Community, "id" | "time_zone">,
  period: Period,
): Promise<FraudSignals> {
  const days = (period.until.getTime() - period.from.getTime()) / 86_400_000;
  if (days > period_days_max) throw new RangeError(`${days} days are more than ${period_days_max}`);
  const [confirmations, pairs, wrong_tries, without_key] = await Promise.all([
    confirmationsIn(db, community, period),
    pairsIn(db, community, period),
    wrongTriesIn(db, community, period),
    withoutKeyIn(db, community, period),
  ]);
  return { confirmations, pairs, wrong_tries, without_key };
}

async function confirmationsIn(
  db: Reader,
  { id, time_zone }: Pick<Community, "id" | "time_zone">,
  { from, until }: Period,
): Promise<FraudSignals["confirmations"]> {
  const { rows } = await sql<FraudSignals["confirmations"][number]>`
    select decided_by as manager_id,
      to_char(decided_at at time zone ${time_zone}::text, 'YYYY-MM-DD') as day,
      count(*)::integer as count, sum(value)::bigint as total,
      count(distinct member_id)::integer as members
    from claim
    where community_id = ${id} and state = 'confirmed'
      and decided_at >= ${from} and decided_at < ${until}
    group by 1, 2
    order by count(*) desc, 2, 1
    limit ${rows_max}
  `.execute(db);
  return rows;
}

async function pairsIn(
  db: Reader,
  { id }: Pick<Community, "id">,
  { from, until }: Period,
): Promise<FraudSignals["pairs"]> {
  const { rows } = await sql<FraudSignals["pairs"][number]>`
    with sent as materialized (
      select accounts[1] as sender, accounts[2] as recipient, amounts[2] as amount
      from ledger.journal
      where community_id = ${id} and kind = 'transfer'
        and happened_at >= ${from} and happened_at < ${until}
    ),
    known as (
      select who, (array_agg(other))[1] as other
      from (
        select sender as who, recipient as other from sent
        union all
        select recipient, sender from sent
      ) as both_ways
      group by who
      having count(distinct other) = 1
    )
    select array[least(a.who, a.other), greatest(a.who, a.other)] as member_ids,
      count(*)::integer as transfers, sum(s.amount)::bigint as total
    from sent as s
    join known as a on a.who = s.sender and a.other = s.recipient
    join known as b on b.who = s.recipient and b.other = s.sender
    group by 1
    having count(*) >= ${pair_transfers_min} and count(distinct s.sender) = 2
    order by count(*) desc, 1
    limit ${rows_max}
  `.execute(db);
  return rows;
}

async function wrongTriesIn(
  db: Reader,
  { id, time_zone }: Pick<Community, "id" | "time_zone">,
  { from, until }: Period,
): Promise<FraudSignals["wrong_tries"]> {
  const { rows } = await sql<FraudSignals["wrong_tries"][number]>`
    select vendor_id, sum(tries)::integer as tries, sum(locks)::integer as locks
    from vendor_wrong_tries
    where community_id = ${id}
      and day >= (${from}::timestamptz at time zone ${time_zone}::text)::date
      and day < ${until}::timestamptz at time zone ${time_zone}::text
    group by 1
    having sum(tries) > 0
    order by sum(tries) desc, 1
    limit ${rows_max}
  `.execute(db);
  return rows;
}

async function withoutKeyIn(
  db: Reader,
  { id }: Pick<Community, "id">,
  { from, until }: Period,
): Promise<FraudSignals["without_key"]> {
  const { rows } = await sql<FraudSignals["without_key"][number]>`
    select ended_by as manager_id, vendor_id, count(*)::integer as count,
      sum(amount)::bigint as total
    from redemption
    where community_id = ${id} and without_key and ended_at >= ${from} and ended_at < ${until}
    group by 1, 2
    order by count(*) desc, 1, 2
    limit ${rows_max}
  `.execute(db);
  return rows;
}
