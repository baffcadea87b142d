import { sql } from "kysely";
import type { Reader } from "../../db/database.ts";

/** Whose book it is, and when its lines happened; all of them where a bound is absent. */
export interface BookAsked {
  readonly community_id: string;
  readonly member_id: string;
  readonly from: Date | undefined;
  readonly until: Date | undefined;
}

/** What a span of time was to an account, by its entries. */
export interface Totals {
  readonly member: string;
  readonly language: string;
  readonly opening: number;
  readonly gained: number;
  readonly lost: number;
  readonly lines: number;
  /** The sum of all its entries, whenever they happened. */
  readonly entered: number;
  /** What the ledger says it has, and of that is set aside, now. */
  readonly posted: number;
  readonly held: number;
}

const since = ({ from }: BookAsked) =>
  from === undefined ? sql`'-infinity'::timestamptz` : sql`${from}::timestamptz`;
const before = ({ until }: BookAsked) =>
  until === undefined ? sql`'infinity'::timestamptz` : sql`${until}::timestamptz`;

/** @returns undefined when there is no such member. */
export async function readTotals(db: Reader, asked: BookAsked): Promise<Totals | undefined> {
  const { community_id, member_id } = asked;
  const { rows } = await sql<Totals>`
    select m.name as member, m.language, total.*,
      coalesce(a.posted, 0) as posted, coalesce(a.held, 0) as held
    from member as m
    left join ledger.account as a
      on a.community_id = m.community_id and a.id = m.id and a.stripe = 0
    cross join lateral (
      select coalesce(sum(e.amount) filter (where j.happened_at < ${since(asked)}), 0)::bigint
          as opening,
        coalesce(sum(e.amount) filter (where line.during and e.amount > 0), 0)::bigint as gained,
        coalesce(-sum(e.amount) filter (where line.during and e.amount < 0), 0)::bigint as lost,
        count(*) filter (where line.during) as lines,
        coalesce(sum(e.amount), 0)::bigint as entered
      from ledger.entry as e
      join ledger.journal as j on j.community_id = e.community_id and j.id = e.journal_id
      cross join lateral (
        select j.happened_at >= ${since(asked)} and j.happened_at < ${before(asked)} as during
      ) as line
      where e.community_id = m.community_id and e.account_id = m.id and e.stripe = 0
    ) as total
    where m.community_id = ${community_id} and m.id = ${member_id}
  `.execute(db);
  return rows[0];
}

/** One line of a book, with what it takes to say what happened. */
export interface RawLine {
  readonly journal_id: string;
  readonly happened_at: Date;
  /** Of what it does, or undoes where it reverses another. */
  readonly kind: string;
  readonly reverses: string | null;
  readonly amount: number;
  /** What there was after it, line by line as they happened. */
  readonly balance: number;
  /** The other person it was with; null for the community itself. */
  readonly other: string | null;
  readonly deed: unknown;
  readonly sensitive: boolean | null;
  readonly reward: unknown;
  readonly cash: string | null;
}

/** Lines of a book as they happened, the oldest first. */
export async function readLines(
  db: Reader,
  asked: BookAsked,
  page: { readonly skip: number; readonly size: number },
): Promise<readonly RawLine[]> {
  const { community_id, member_id } = asked;
  const { rows } = await sql<RawLine>`
    select l.id as journal_id, l.happened_at, coalesce(o.kind, l.kind) as kind, l.reverses,
      l.amount, l.balance, other.name as other, d.name as deed, d.sensitive, w.name as reward,
      c.currency || ' ' || c.cash as cash
    from (
      select e.seq, e.amount, j.id, j.kind, j.happened_at, j.reverses, j.accounts,
        coalesce(j.reverses, j.id) as of_id,
        (sum(e.amount) over (order by j.happened_at, e.seq))::bigint as balance
      from ledger.entry as e
      join ledger.journal as j on j.community_id = e.community_id and j.id = e.journal_id
      where e.community_id = ${community_id} and e.account_id = ${member_id} and e.stripe = 0
        and j.happened_at < ${before(asked)}
    ) as l
    left join ledger.journal as o on o.community_id = ${community_id} and o.id = l.reverses
    left join claim as k
      on k.community_id = ${community_id} and k.member_id = ${member_id} and k.journal_id = l.of_id
    left join deed as d on d.community_id = ${community_id} and d.id = k.deed_id
    left join redemption as r on r.community_id = ${community_id} and r.journal_id = l.of_id
      and (r.member_id = ${member_id} or r.vendor_id = ${member_id})
    left join reward as w on w.community_id = ${community_id} and w.id = r.reward_id
    left join cash_out as c
      on c.community_id = ${community_id} and c.vendor_id = ${member_id} and c.journal_id = l.of_id
    left join lateral (
      select p.name from member as p
      where p.community_id = ${community_id} and p.id = any (l.accounts) and p.id <> ${member_id}
      limit 1
    ) as other on true
    where l.happened_at >= ${since(asked)}
    order by l.happened_at, l.seq
    offset ${page.skip}
    limit ${page.size}
  `.execute(db);
  return rows;
}
