import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import { chart } from "./chart.ts";

/** What the owner of an account can spend; 0 for an account that was never opened. */
export async function balanceOf(
  db: Reader,
  community_id: string,
  account_id: string,
): Promise<number> {
  const row = await db
    .selectFrom("ledger.account")
    .select(sql<number>`posted - held`.as("available"))
    .where("community_id", "=", community_id)
    .where("id", "=", account_id)
    .where("stripe", "=", 0)
    .executeTakeFirst();
  return row?.available ?? 0;
}

/** commSoCCs the community can spend together. */
export async function cacheOf(db: Reader, community_id: string): Promise<number> {
  const row = await db
    .selectFrom("ledger.account")
    .select(sql<number>`coalesce(sum(posted - held), 0)::bigint`.as("available"))
    .where("community_id", "=", community_id)
    .where("id", "=", chart.cache)
    .executeTakeFirstOrThrow();
  return row.available;
}

/**
 * iSoCCs that members, vendors and groups have, held ones too: the mirror of what was issued, brought
 * over and settled. It reads the 32 rows of three accounts however many members there are, and locks
 * none: what has been posted and not yet committed does not show.
 */
export async function outstandingOf(db: Reader, community_id: string): Promise<number> {
  const row = await db
    .selectFrom("ledger.account")
    .select(sql<number>`coalesce(-sum(posted), 0)::bigint`.as("outstanding"))
    .where("community_id", "=", community_id)
    .where("id", "in", [chart.issuance, chart.settlement, chart.opening])
    .executeTakeFirstOrThrow();
  return row.outstanding;
}

/** What stands at the head of a SoCC Book: the balance, the cache, and the last lines. */
export interface Overview {
  readonly balance: number;
  readonly cache: number;
  /** Newest first. */
  readonly lines: readonly { readonly happened_at: Date; readonly amount: number }[];
}

/** The head of an account's book in one statement: it is what is asked for most. */
export async function overviewOf(
  db: Reader,
  account: { community_id: string; id: string },
  lines_max: number,
): Promise<Overview> {
  const { community_id, id } = account;
  const { rows } = await sql<{
    balance: number;
    cache: number;
    amounts: readonly number[] | null;
    moments: readonly Date[] | null;
  }>`
    select
      coalesce((
        select a.posted - a.held from ledger.account as a
        where a.community_id = ${community_id} and a.id = ${id} and a.stripe = 0
      ), 0) as balance,
      (
        select coalesce(sum(a.posted - a.held), 0)::bigint from ledger.account as a
        where a.community_id = ${community_id} and a.id = ${chart.cache}
      ) as cache,
      book.amounts, book.moments
    from (
      select array_agg(line.amount::double precision order by line.seq desc) as amounts,
        array_agg(line.happened_at order by line.seq desc) as moments
      from (
        select e.seq, e.amount, j.happened_at
        from ledger.entry as e
        join ledger.journal as j on j.community_id = e.community_id and j.id = e.journal_id
        where e.community_id = ${community_id} and e.account_id = ${id} and e.stripe = 0
        order by e.seq desc
        limit ${lines_max}
      ) as line
    ) as book
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("an overview is one row");
  const { balance, cache, amounts, moments } = row;
  const lines = (moments ?? []).map((happened_at, at) => ({
    happened_at,
    amount: amounts?.[at] ?? 0,
  }));
  return { balance, cache, lines };
}

export interface Line {
  /** Counts up from 1 without gaps. */
  readonly seq: number;
  readonly journal_id: string;
  readonly kind: string;
  readonly happened_at: Date;
  readonly amount: number;
  readonly balance_after: number;
}

/**
 * The last lines of an account of one row, newest first.
 * @param before only lines with a smaller seq: the last seq of the page before.
 */
export async function lastLines(
  db: Reader,
  account: { community_id: string; id: string },
  page: { size: number; before?: number },
): Promise<readonly Line[]> {
  return await db
    .selectFrom("ledger.entry as e")
    .innerJoin("ledger.journal as j", (join) =>
      join.onRef("j.community_id", "=", "e.community_id").onRef("j.id", "=", "e.journal_id"),
    )
    .select(["e.seq", "e.journal_id", "j.kind", "j.happened_at", "e.amount", "e.balance_after"])
    .where("e.community_id", "=", account.community_id)
    .where("e.account_id", "=", account.id)
    .where("e.stripe", "=", 0)
    .$if(page.before !== undefined, (query) => query.where("e.seq", "<", page.before ?? 0))
    .orderBy("e.seq", "desc")
    .limit(page.size)
    .execute();
}
