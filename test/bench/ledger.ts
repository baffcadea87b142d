import { migrate } from "../../src/db/migrate.ts";
import { openDatabase, type Reader } from "../../src/db/database.ts";
import { verify } from "../../src/ledger/verify.ts";
import { judge } from "./aims.ts";
import { asOwner, writeBooks } from "./books.ts";
import { floors, postings, reads } from "./cases.ts";
import { found, type Community } from "./communities.ts";
import { measure, type Case } from "./harness.ts";
import { readOptions, type Options } from "./options.ts";
import { startPostgres, type BenchPostgres } from "./postgres.ts";
import { report, tell, writeJson, type Result } from "./report.ts";

/**
 * Measures the ledger against the simplest thing a database can keep, one row.
 * @returns whether nothing failed, deadlocked or went out of balance. A missed aim is told, but is
 *   no failure: what a busy machine measures is no reason to stop anybody.
 */
export async function benchLedger(args: readonly string[]): Promise<boolean> {
  const options = readOptions(args);
  const postgres = await startPostgres(options.slow_commits_ms, tell);
  if (postgres === undefined) {
    tell("skipped: --slow-commits needs a C compiler, and there is no cc");
    return true;
  }
  try {
    const result = await run(postgres, options);
    report(result);
    if (options.json !== undefined) writeJson(options.json, result);
    const failed = result.figures.some(({ errors }) => errors > 0);
    return !failed && result.deadlocks === 0 && result.mismatches === 0;
  } finally {
    await postgres.stop();
  }
}

async function run(postgres: BenchPostgres, options: Options): Promise<Result> {
  const url = postgres.url("postgres");
  const opened: Reader[] = [];
  const open = (address: string) => {
    const db = openPool(address, Math.max(...options.clients));
    opened.push(db);
    return db;
  };
  try {
    await migrate(url);
    const db = open(url);
    const people = await settle(url, db);
    const cases = [...floors(db), ...postings(db, people)];
    for (const size of options.book_sizes) cases.push(...(await readsOf(postgres, size, open)));
    const figures = await measure(cases, options, tell);
    const verified = await verifyAll(db, [people.busy, ...people.quiet]);
    const aims = judge(figures, options.book_sizes);
    const { slow_commits_ms } = options;
    return { ...(await lookBack(url)), ...verified, slow_commits_ms, figures, aims };
  } finally {
    await Promise.all(opened.map((db) => db.destroy()));
  }
}

const openPool = (url: string, connections_max: number): Reader =>
  openDatabase({
    url,
    connections_max,
    statement_timeout_ms: 30_000,
    onIdleError: ({ message }) => tell(message),
  });

/** 10,000 members in one community, and as many in a hundred. */
async function settle(
  url: string,
  db: Reader,
): Promise<{ busy: Community; quiet: readonly Community[] }> {
  return await asOwner(url, async (owner) => {
    tell("founding communities");
    await owner.query("create table bench_floor (body text not null)");
    await owner.query("grant insert on bench_floor to soccs_app");
    const quiet = await found(owner, db, { communities: 100, members_each: 100 });
    const [busy] = await found(owner, db, { communities: 1, members_each: 10_000 });
    if (busy === undefined) throw new Error("one community was to be founded");
    await owner.query("vacuum analyze");
    return { busy, quiet };
  });
}

async function readsOf(
  postgres: BenchPostgres,
  size: number,
  open: (url: string) => Reader,
): Promise<readonly Case[]> {
  tell(`writing books of ${size} entries`);
  const { url, community } = await writeBooks(postgres, size);
  const db = open(url);
  const { mismatches } = await verify(db, community.id);
  if (mismatches[0] !== undefined)
    throw new Error(`the books are wrong: ${JSON.stringify(mismatches[0])}`);
  return reads(db, community, size);
}

async function verifyAll(
  db: Reader,
  communities: readonly Community[],
): Promise<{ journals_verified: number; mismatches: number }> {
  tell("verifying");
  let journals_verified = 0;
  let found_wrong = 0;
  for (const { id } of communities) {
    const { journals, mismatches } = await verify(db, id);
    journals_verified += journals;
    found_wrong += mismatches.length;
    if (mismatches[0] !== undefined) tell(JSON.stringify(mismatches[0]));
  }
  return { journals_verified, mismatches: found_wrong };
}

async function lookBack(url: string): Promise<{ deadlocks: number; server: string }> {
  return await asOwner(url, async (owner) => {
    const { rows } = await owner.query<{ deadlocks: string; server: string }>(
      `select deadlocks, 'Postgres ' || current_setting('server_version') as server
       from pg_stat_database where datname = current_database()`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error("pg_stat_database knows every database");
    return { deadlocks: Number(row.deadlocks), server: row.server };
  });
}
