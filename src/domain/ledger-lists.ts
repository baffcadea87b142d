import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import { pageOf, type Page, type PageAsked } from "./pages.ts";

const accounts = (db: Reader, community_id: string) =>
  db
    .selectFrom("ledger.account as a")
    .leftJoin("member as m", (join) =>
      join.onRef("m.community_id", "=", "a.community_id").onRef("m.id", "=", "a.id"),
    )
    .select(["a.id", "a.kind", "a.unit", "m.name as owner"])
    .select([
      // A busy account has several rows; together they are the account.
      sql<number>`sum(a.posted)::bigint`.as("posted"),
      sql<number>`sum(a.held)::bigint`.as("held"),
      sql<number>`sum(a.version)::bigint`.as("entries"),
    ])
    .where("a.community_id", "=", community_id)
    .groupBy(["a.id", "a.kind", "a.unit", "m.name"]);

export type AccountRecord = Awaited<
  ReturnType<ReturnType<typeof accounts>["executeTakeFirstOrThrow"]>
>;

/** The accounts of a community, the newest first; the system's come last. */
export async function listAccounts(
  db: Reader,
  community_id: string,
  page: PageAsked,
): Promise<Page<AccountRecord>> {
  const rows = await accounts(db, community_id)
    .$if(page.after !== undefined, (query) => query.where("a.id", "<", page.after ?? ""))
    .orderBy("a.id", "desc")
    .limit(page.limit + 1)
    .execute();
  return pageOf(rows, page.limit);
}

/** One line of a journal, as it was asked for. */
export interface LegRecord {
  readonly account_id: string;
  readonly unit: "iSoCC" | "commSoCC";
  readonly amount: number;
}

const legs = sql<LegRecord[]>`
  (
    select jsonb_agg(
      jsonb_build_object(
        'account_id', leg.account_id,
        'unit', (
          select a.unit from ledger.account as a
          where a.community_id = j.community_id and a.id = leg.account_id
          limit 1
        ),
        'amount', leg.amount
      )
      order by leg.at
    )
    from unnest(j.accounts, j.amounts) with ordinality as leg (account_id, amount, at)
  )
`;

const journals = (db: Reader, community_id: string) =>
  db
    .selectFrom("ledger.journal as j")
    .leftJoin("ledger.journal as r", (join) =>
      join.onRef("r.community_id", "=", "j.community_id").onRef("r.reverses", "=", "j.id"),
    )
    .select([
      "j.id",
      "j.kind",
      "j.happened_at",
      "j.recorded_at",
      "j.accrued",
      "j.accrual_ratio",
      "j.reverses",
      "r.id as reversed_by",
      "j.details",
    ])
    .select(legs.as("legs"))
    .where("j.community_id", "=", community_id);

export type JournalRecord = Awaited<
  ReturnType<ReturnType<typeof journals>["executeTakeFirstOrThrow"]>
>;

/** What the list of journals is asked for. */
export interface JournalsAsked extends PageAsked {
  readonly kind?: string | undefined;
  readonly account_id?: string | undefined;
  /** When it happened: this moment or later. */
  readonly from?: Date | undefined;
  /** When it happened: before this moment. */
  readonly until?: Date | undefined;
}

/** The journals of a community, the newest first. */
export async function listJournals(
  db: Reader,
  community_id: string,
  asked: JournalsAsked,
): Promise<Page<JournalRecord>> {
  const { account_id } = asked;
  let query = journals(db, community_id);
  if (asked.kind !== undefined) query = query.where("j.kind", "=", asked.kind);
  if (asked.from !== undefined) query = query.where("j.happened_at", ">=", asked.from);
  if (asked.until !== undefined) query = query.where("j.happened_at", "<", asked.until);
  if (asked.after !== undefined) query = query.where("j.id", "<", asked.after);
  if (account_id !== undefined)
    // By its entries, whose key begins with the account.
    query = query.where("j.id", "in", (sub) =>
      sub
        .selectFrom("ledger.entry as e")
        .select("e.journal_id")
        .where("e.community_id", "=", community_id)
        .where("e.account_id", "=", account_id),
    );
  const rows = await query
    .orderBy("j.id", "desc")
    .limit(asked.limit + 1)
    .execute();
  return pageOf(rows, asked.limit);
}

export const readJournal = (db: Reader, community_id: string, id: string): Promise<JournalRecord> =>
  journals(db, community_id).where("j.id", "=", id).executeTakeFirstOrThrow();
