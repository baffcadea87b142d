import pg from "pg";
import { v7 as uuid } from "uuid";
import { migrate } from "../../src/db/migrate.ts";
import type { BenchPostgres } from "./postgres.ts";
import type { Community } from "./communities.ts";

/** Books with many entries, in a database of their own: its tables and indexes hold nothing else. */
export interface Books {
  readonly entries: number;
  readonly url: string;
  readonly community: Community;
}

const members_each = 1_000;

/**
 * Writes books by plain SQL, as only a benchmark may: one statement for millions of journals, with
 * the triggers off. Journal n brings 10 iSoCCs to one member after the other, so an account's lines
 * lie far apart in the table, as they do when people act in turn. ledger.verify finds them clean.
 */
export async function writeBooks(postgres: BenchPostgres, entries: number): Promise<Books> {
  const database = `books_${entries}`;
  await asOwner(postgres.url("postgres"), async (owner) => {
    await owner.query(`create database ${database}`);
  });
  const url = postgres.url(database);
  await migrate(url);
  const community = { id: uuid(), members: Array.from({ length: members_each }, () => uuid()) };
  await asOwner(url, async (owner) => {
    await openAccounts(owner, community);
    await owner.query("set session_replication_role = replica");
    await owner.query(journalsSql, [community.id, community.members, entries / 2]);
    await owner.query(entriesSql, [community.id, community.members, entries / 2]);
    await owner.query(accountsSql);
    // What autovacuum would do in its own time.
    await owner.query("vacuum analyze ledger.account, ledger.journal, ledger.entry");
  });
  return { entries, url, community };
}

/** Signs in as the owner for as long as the work takes. */
export async function asOwner<T>(url: string, work: (owner: pg.Client) => Promise<T>): Promise<T> {
  const owner = new pg.Client(url);
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}

async function openAccounts(owner: pg.Client, { id, members }: Community): Promise<void> {
  await owner.query("insert into partner values ($1::uuid, 'Books', now())", [id]);
  await owner.query(
    `insert into community (id, partner_id, slug, name, country, currency, time_zone, languages,
       help_number, accrual_ratio, created_at)
     values ($1, $1, 'books', 'Books', 'KE', 'KES', 'Africa/Nairobi', '{en}', '0', 5, now())`,
    [id],
  );
  await owner.query("select ledger.open_community($1)", [id]);
  await owner.query(
    "select ledger.open_account($1, member, 'member') from unnest($2::uuid[]) as member",
    [id, members],
  );
}

/** Ids that rise with time, as UUIDv7 do. */
const journal_id = "('019aa000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";
const issuance = "'00000000-0000-0000-0000-000000000001'::uuid";
const member = "($2::uuid[])[1 + n % cardinality($2)]";

const journalsSql = `
  insert into ledger.journal (community_id, id, once, kind, happened_at, recorded_at, accounts,
    amounts)
  select $1, ${journal_id}, 'deed:' || n, 'earning', now(),
    now() - interval '30 days' + n * interval '100 ms', array[${issuance}, ${member}], '{-10,10}'
  from generate_series(0, $3 - 1) as n
`;

const entriesSql = `
  insert into ledger.entry (community_id, account_id, stripe, seq, journal_id, unit, amount,
    balance_after, carry_after)
  select $1, leg.account_id, leg.stripe, leg.seq, ${journal_id}, 'iSoCC', leg.amount,
    leg.amount * leg.seq, 0
  from generate_series(0, $3 - 1) as n
  cross join lateral (
    values
      (${issuance}, 1 + n % 32, 1 + n / 32, -10),
      (${member}, 0, 1 + n / cardinality($2), 10)
  ) as leg (account_id, stripe, seq, amount)
`;

const accountsSql = `
  update ledger.account as a
  set posted = e.posted, version = e.version
  from (
    select account_id, stripe, sum(amount) as posted, count(*) as version
    from ledger.entry
    group by account_id, stripe
  ) as e
  where a.id = e.account_id and a.stripe = e.stripe
`;
