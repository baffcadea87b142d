import { sql } from "kysely";
import type { Reader } from "../../db/database.ts";
import type { Community } from "../../domain/communities.ts";
import { chart } from "../../ledger/chart.ts";
import { givenTo, journalsIn, known_kinds, onTheWall } from "../journals.ts";
import type { Month } from "../months.ts";

/** What every line of the ledger has. A reversal stands as a line of its own, with less than nothing. */
interface Line {
  /** The clock on the community's wall, in milliseconds as if that were UTC. */
  readonly at: number;
  readonly journal_id: string;
  /** The journal that it undoes. */
  readonly reverses: string | null;
  /** iSoCCs. */
  readonly amount: number;
}

const line = (time_zone: string) =>
  sql`${onTheWall(sql`j.happened_at`, time_zone)} as at, j.id as journal_id, j.reverses, j.amount`;

const inOrder = sql`order by j.happened_at, j.id`;

export interface DeedLine extends Line {
  readonly member: string | null;
  /** commSoCCs that came to the cache with it. */
  readonly accrued: number;
  /** What the claim says; null for what was earned without one. */
  readonly deed: unknown;
  readonly sensitive: boolean | null;
  readonly units: number | null;
  /** As `at`: when the deed was claimed. */
  readonly claimed_at: number | null;
  readonly confirmed_by: string | null;
}

/** Confirmed claims and recorded deeds of a month, by when they were confirmed. */
export async function readDeeds(
  db: Reader,
  { id, time_zone }: Community,
  month: Month,
): Promise<readonly DeedLine[]> {
  const { rows } = await sql<DeedLine>`
    select ${line(time_zone)}, m.name as member, j.accrued, d.name as deed, d.sensitive,
      j.sign * c.units as units, ${onTheWall(sql`c.claimed_at`, time_zone)} as claimed_at,
      case when j.reverses is null then by.name end as confirmed_by
    from ${journalsIn(id, month)} as j
    left join member as m on m.community_id = ${id} and m.id = j.payee
    left join claim as c on c.community_id = ${id} and c.journal_id = j.of_id
    left join deed as d on d.community_id = ${id} and d.id = c.deed_id
    left join member as by on by.community_id = ${id} and by.id = c.decided_by
    where j.kind = 'earning'
    ${inOrder}
  `.execute(db);
  return rows;
}

export interface RedemptionLine extends Omit<Line, "journal_id"> {
  /** Null for an unlock, which moves nothing, and for what waits. */
  readonly journal_id: string | null;
  readonly member: string | null;
  readonly reward: unknown;
  /** Null where the partner hands it over. */
  readonly vendor: string | null;
  /** Settled by a manager's PIN. */
  readonly without_key: boolean | null;
  /** It was held at the end of the month, or is now. */
  readonly is_waiting: boolean;
  /** iSoCCs held for it. */
  readonly waiting: number;
}

/** Rewards handed over in a month, and those that waited for it at its end. */
export async function readRedemptions(
  db: Reader,
  { id, time_zone }: Community,
  month: Month,
): Promise<readonly RedemptionLine[]> {
  const { rows: settled } = await sql<RedemptionLine>`
    select ${line(time_zone)}, m.name as member, w.name as reward, v.name as vendor, r.without_key,
      false as is_waiting, 0 as waiting
    from ${journalsIn(id, month)} as j
    left join member as m on m.community_id = ${id} and m.id = j.payer
    left join member as v on v.community_id = ${id} and v.id = j.payee
    left join redemption as r on r.community_id = ${id} and r.journal_id = j.of_id
    left join reward as w on w.community_id = ${id} and w.id = r.reward_id
    where j.kind = 'redemption'
    ${inOrder}
  `.execute(db);
  const unlocked = sql`(
    r.state = 'fulfilled' and r.amount = 0
    and r.ended_at >= ${month.from} and r.ended_at < ${month.until}
  )`;
  const waited = sql`(
    r.requested_at < ${month.until} and (r.ended_at is null or r.ended_at >= ${month.until})
  )`;
  const { rows: others } = await sql<RedemptionLine>`
    select ${onTheWall(sql`case when ${unlocked} then r.ended_at else r.requested_at end`, time_zone)} as at,
      null as journal_id, null as reverses, 0 as amount, m.name as member, w.name as reward,
      v.name as vendor, r.without_key, not ${unlocked} as is_waiting,
      case when ${unlocked} then 0 else r.amount end as waiting
    from redemption as r
    join reward as w on w.community_id = r.community_id and w.id = r.reward_id
    join member as m on m.community_id = r.community_id and m.id = r.member_id
    left join member as v on v.community_id = r.community_id and v.id = r.vendor_id
    where r.community_id = ${id} and (${unlocked} or ${waited})
    order by 1, r.id
  `.execute(db);
  return [...settled, ...others];
}

export interface TransferLine extends Line {
  readonly sender: string | null;
  readonly recipient: string | null;
}

/** What was sent from one to another in a month. */
export async function readTransfers(
  db: Reader,
  { id, time_zone }: Community,
  month: Month,
): Promise<readonly TransferLine[]> {
  const { rows } = await sql<TransferLine>`
    select ${line(time_zone)}, s.name as sender, r.name as recipient
    from ${journalsIn(id, month)} as j
    left join member as s on s.community_id = ${id} and s.id = j.payer
    left join member as r on r.community_id = ${id} and r.id = j.payee
    where j.kind = 'transfer'
    ${inOrder}
  `.execute(db);
  return rows;
}

export interface CashOutLine extends Omit<Line, "journal_id"> {
  /** Null for what waits. */
  readonly journal_id: string | null;
  readonly vendor: string | null;
  /** As `at`. */
  readonly asked_at: number | null;
  /** Hundredths of the currency: paid, or owed. */
  readonly cash_cents: number | null;
  /** It was not paid at the end of the month, or is not now. */
  readonly is_waiting: boolean;
  /** iSoCCs held for it. */
  readonly waiting: number;
}

/** Cash-outs paid in a month, and those that waited to be paid at its end. */
export async function readCashOuts(
  db: Reader,
  { id, time_zone }: Community,
  month: Month,
): Promise<readonly CashOutLine[]> {
  const { rows: paid } = await sql<CashOutLine>`
    select ${line(time_zone)}, v.name as vendor, false as is_waiting, 0 as waiting,
      ${onTheWall(sql`c.asked_at`, time_zone)} as asked_at,
      (j.sign * c.cash * 100)::bigint as cash_cents
    from ${journalsIn(id, month)} as j
    left join member as v on v.community_id = ${id} and v.id = j.payer
    left join cash_out as c on c.community_id = ${id} and c.journal_id = j.of_id
    where j.kind = 'cash-out'
    ${inOrder}
  `.execute(db);
  const { rows: waiting } = await sql<CashOutLine>`
    select ${onTheWall(sql`c.asked_at`, time_zone)} as at, null as journal_id, null as reverses,
      0 as amount, v.name as vendor, true as is_waiting, c.amount as waiting,
      ${onTheWall(sql`c.asked_at`, time_zone)} as asked_at, (c.cash * 100)::bigint as cash_cents
    from cash_out as c
    join member as v on v.community_id = c.community_id and v.id = c.vendor_id
    where c.community_id = ${id} and c.asked_at < ${month.until}
      and (c.ended_at is null or c.ended_at >= ${month.until})
    order by c.asked_at, c.id
  `.execute(db);
  return [...paid, ...waiting];
}

export interface OtherLine extends Line {
  readonly kind: string;
  /** Null for the cache. */
  readonly owner: string | null;
  /** commSoCCs: what the cache gained. */
  readonly cached: number;
}

/** What any other kind of journal did to people and the cache: a line for each of them. */
export async function readOthers(
  db: Reader,
  { id, time_zone }: Community,
  month: Month,
): Promise<readonly OtherLine[]> {
  const { rows } = await sql<OtherLine>`
    select ${onTheWall(sql`j.happened_at`, time_zone)} as at, j.id as journal_id, j.reverses, j.kind,
      m.name as owner,
      case when leg.account = ${chart.cache} then 0 else leg.amount end as amount,
      case when leg.account = ${chart.cache} then leg.amount else 0 end as cached
    from ${journalsIn(id, month)} as j
    cross join lateral (
      select * from unnest(j.accounts, j.amounts)
      union all select ${chart.cache}::uuid, j.accrued where j.accrued <> 0
    ) as leg (account, amount)
    left join member as m on m.community_id = ${id} and m.id = leg.account
    where j.kind <> all (${[...known_kinds]}::text[])
      and leg.account <> all (${own_accounts}::uuid[])
    ${inOrder}
  `.execute(db);
  return rows;
}

/** The community's own accounts but the cache: what they have is everybody else's, mirrored. */
const own_accounts = Object.values(chart).filter((id) => id !== chart.cache);

export interface CacheDay {
  /** Midnight of the day, as `at`. */
  readonly day: number;
  readonly accrued: number;
  readonly brought_over: number;
  readonly spent: number;
}

/** The days of a month on which the cache changed. */
export async function readCacheDays(
  db: Reader,
  { id, time_zone }: Community,
  month: Month,
): Promise<readonly CacheDay[]> {
  const { rows } = await sql<CacheDay>`
    select
      (extract(epoch from date_trunc('day', j.happened_at at time zone ${time_zone}::text)) * 1000)::bigint
        as day,
      sum(j.accrued - ${givenTo("comm_issuance")})::bigint as accrued,
      -sum(${givenTo("comm_opening")})::bigint as brought_over,
      sum(${givenTo("comm_settlement")})::bigint as spent
    from ${journalsIn(id, month)} as j
    where j.accrued <> 0 or ${chart.cache}::uuid = any (j.accounts)
    group by 1
    order by 1
  `.execute(db);
  return rows;
}

/** How many lines a month has, at most, before any is read: one a journal, and one a person. */
export async function countLines(
  db: Reader,
  community_id: string,
  { from, until }: Month,
): Promise<number> {
  const { rows } = await sql<{ lines: number }>`
    select (
      select count(*) from ledger.journal
      where community_id = ${community_id} and happened_at >= ${from} and happened_at < ${until}
    ) + (select count(*) from member where community_id = ${community_id}) as lines
  `.execute(db);
  return rows[0]?.lines ?? 0;
}
