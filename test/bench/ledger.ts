import assert from "node:assert/strict";
import { migrate } from "../../src/db/migrate.ts";
import { openDatabase, type Reader } from "../../src/db/database.ts";
import { until } from "../../src/db/embedded/processes.ts";
import { sealJournals } from "../../src/ledger/seal.ts";
import { verify } from "../../src/ledger/verify.ts";
import { judge } from "./aims.ts";
import { asOwner, writeBooks } from "./books.ts";
import { floors, postings, reads } from "./cases.ts";
import { found, type Community } from "./communities.ts";
import { measure, type Case } from "./harness.ts";
import { watchMemory } from "./memory.ts";
import { readOptions, type Options } from "./options.ts";
import { startPostgres, type BenchPostgres } from "./postgres.ts";
import { report, tell, writeJson, type Result, type Verifying } from "./report.ts";
import { never } from "../support/never.ts";

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
  const opened: Reader[] = [];
  const open = (address: string) => {
    const db = openPool(address, Math.max(...options.clients));
    opened.push(db);
    return db;
  };
  try {
    return { ...(await load(postgres, options, open)), ...(await lookBack(postgres, opened)) };
  } finally {
    await closeAll(opened);
  }
}

async function load(
  postgres: BenchPostgres,
  options: Options,
  open: (url: string) => Reader,
): Promise<Omit<Result, "server" | "deadlocks">> {
  const url = postgres.url("postgres");
  await migrate(url);
  const db = open(url);
  const people = await settle(url, db);
  const cases = [...floors(db), ...postings(db, people)];
  const verifying: Verifying[] = [];
  for (const size of options.book_sizes) {
    const books = await booksOf(postgres, size, open);
    cases.push(...books.reads);
    verifying.push(books.verifying);
  }
  const figures = await measure(cases, options, tell);
  const verified = await verifyAll(db, [people.busy, ...people.quiet]);
  const aims = judge(figures, options.book_sizes);
  return { ...verified, slow_commits_ms: options.slow_commits_ms, figures, aims, verifying };
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
    assert(busy !== undefined, "one community was founded");
    await owner.query("vacuum analyze");
    return { busy, quiet };
  });
}

/** Books of a size: what is read in them, and what verifying all of them takes. */
async function booksOf(
  postgres: BenchPostgres,
  size: number,
  open: (url: string) => Reader,
): Promise<{ reads: readonly Case[]; verifying: Verifying }> {
  tell(`writing books of ${size} entries`);
  const { url, community } = await writeBooks(postgres, size);
  const db = open(url);
  tell("sealing and verifying them");
  const journals_sealed = await sealJournals(db, community.id, never);
  const watch = await watchMemory(url);
  const began = performance.now();
  const { mismatches, entries } = await verify(db, community.id);
  const seconds = (performance.now() - began) / 1_000;
  const memory = await watch.stop();
  assert.deepEqual(mismatches, [], "the books as written are clean");
  return {
    reads: reads(db, community, size),
    verifying: { entries, journals_sealed, seconds, ...memory },
  };
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

/** Closes the pools first: a session may count its deadlocks only when it ends. */
async function lookBack(
  postgres: BenchPostgres,
  opened: Reader[],
): Promise<{ deadlocks: number; server: string }> {
  await closeAll(opened);
  return await asOwner(postgres.url("postgres"), async (owner) => {
    await until(async () => {
      const { rows } = await owner.query(
        "select from pg_stat_activity where application_name = 'soccs'",
      );
      return rows.length === 0;
    }, 10_000);
    const { rows } = await owner.query<{ deadlocks: string; server: string }>(
      `select sum(deadlocks) as deadlocks, 'Postgres ' || current_setting('server_version') as server
       from pg_stat_database`,
    );
    const [row] = rows;
    assert(row !== undefined, "a sum is one row");
    return { deadlocks: Number(row.deadlocks), server: row.server };
  });
}

async function closeAll(opened: Reader[]): Promise<void> {
  await Promise.all(opened.splice(0).map((db) => db.destroy()));
}
