import { sql, type RawBuilder } from "kysely";
import { chart } from "../ledger/chart.ts";

/** Kinds of journals that reports tell apart; of any other kind they say that it is another. */
export const known_kinds = ["earning", "redemption", "transfer", "cash-out"] as const;

export interface Span {
  readonly from: Date;
  readonly until: Date;
}

/**
 * The journals that happened in a span of time, to select from, each told as the act that it does or
 * undoes: a reversal has the kind of what it reverses, a negative amount, and that act's own journal
 * as `of_id`. `payer` and `payee` are the accounts of a journal of two legs, as the act had them.
 */
export const journalsIn = (community_id: string, { from, until }: Span): RawBuilder<unknown> => sql`
  (
    select j.id, coalesce(j.reverses, j.id) as of_id, j.reverses, coalesce(o.kind, j.kind) as kind,
      j.happened_at, j.accounts, j.amounts, j.accrued, turn.sign, leg.payer, leg.payee,
      (turn.sign * leg.amount)::bigint as amount
    from ledger.journal as j
    left join ledger.journal as o on o.community_id = j.community_id and o.id = j.reverses
    cross join lateral (
      select case when j.reverses is null then 1 else -1 end as sign
    ) as turn
    cross join lateral (
      select (array_agg(l.account) filter (where turn.sign * l.amount < 0))[1] as payer,
        (array_agg(l.account) filter (where turn.sign * l.amount > 0))[1] as payee,
        sum(greatest(l.amount, 0)) as amount
      from unnest(j.accounts, j.amounts) as l (account, amount)
    ) as leg
    where j.community_id = ${community_id} and j.happened_at >= ${from} and j.happened_at < ${until}
    -- What is joined to these is not to be joined once for each of them.
    offset 0
  )
`;

/** What a journal `j` gave one of the community's own accounts. */
export const givenTo = (account: keyof typeof chart): RawBuilder<number> =>
  sql`coalesce(j.amounts[array_position(j.accounts, ${chart[account]}::uuid)], 0)`;

/** A moment as a clock on the community's wall shows it, in milliseconds as if that were UTC. */
export const onTheWall = (moment: RawBuilder<unknown>, time_zone: string): RawBuilder<number> =>
  sql`(extract(epoch from ${moment} at time zone ${time_zone}::text) * 1000)::bigint`;
