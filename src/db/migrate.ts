import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Kysely, PostgresDialect, sql, type QueryExecutorProvider } from "kysely";
import { Migrator, type Migration } from "kysely/migration";
import pg from "pg";

const folder = join(import.meta.dirname, "../../migrations");

/**
 * Brings the schema up to date, forward only. Several processes may call it at once: one works
 * under a lock, the others wait and find nothing to do. A schema that a newer process has brought
 * further is left as it is: while a new release comes in, the old one goes on beside it.
 * @param url signs in as the schema's owner.
 * @param last the migration to end with; all of them when absent.
 * @returns the names applied by this call, in order.
 * @throws the database's error, with nothing of the failed migration kept.
 */
export const migrate = (url: string, last?: string): Promise<readonly string[]> =>
  withOne(url, async (db) => {
    if ((await missingMigrations(db)).length === 0) return [];
    const migrator = new Migrator({ db, provider: { getMigrations: readMigrations } });
    const { error, results = [] } = await (last === undefined
      ? migrator.migrateToLatest()
      : migrator.migrateTo(last));
    if (error !== undefined)
      throw error instanceof Error ? error : new Error(JSON.stringify(error));
    return results.map(({ migrationName }) => migrationName);
  });

/** Whether whoever signs in may change the schema: a service may sign in as one who owns nothing. */
export const mayMigrate = (url: string): Promise<boolean> =>
  withOne(url, async (db) => {
    const { rows } = await sql<{ may: boolean }>`
      select has_database_privilege(current_user, current_database(), 'CREATE') as may
    `.execute(db);
    return rows[0]?.may === true;
  });

/** Resolves once somebody else has brought the schema up to date. @throws when it takes too long. */
export const untilMigrated = (
  url: string,
  { wait_ms, look_every_ms }: { readonly wait_ms: number; readonly look_every_ms: number },
): Promise<void> =>
  withOne(url, async (db) => {
    for (let waited_ms = 0; ; waited_ms += look_every_ms) {
      const missing = await missingMigrations(db);
      if (missing.length === 0) return;
      if (waited_ms >= wait_ms)
        throw new Error(
          `the schema lacks ${missing.join(", ")}: run \`soccs migrate\` as the schema's owner`,
        );
      await sleep(look_every_ms);
    }
  });

async function withOne<T>(url: string, work: (db: Kysely<unknown>) => Promise<T>): Promise<T> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

/** The migrations of this version, in order. */
export async function migrationNames(): Promise<readonly string[]> {
  const files = await readdir(folder);
  return files
    .filter((name) => name.endsWith(".sql"))
    .map((name) => name.replace(/\.sql$/, ""))
    .sort();
}

/** The migrations a database has had, in order; none where it was never migrated. */
export async function appliedIn(client: pg.Client): Promise<readonly string[]> {
  const { rows: found } = await client.query<{ there: boolean }>(
    "select to_regclass('public.kysely_migration') is not null as there",
  );
  if (found[0]?.there !== true) return [];
  const { rows } = await client.query<{ name: string }>(
    "select name from public.kysely_migration order by name",
  );
  return rows.map(({ name }) => name);
}

/** How the schema stands to this process: `older` lacks a migration that this one was made with. */
export async function compareSchema(
  db: QueryExecutorProvider,
): Promise<"current" | "older" | "newer"> {
  const [own, applied] = await Promise.all([ownMigrations(), appliedMigrations(db)]);
  if (own.some((name) => !applied.has(name))) return "older";
  return applied.size > own.length ? "newer" : "current";
}

async function missingMigrations(db: QueryExecutorProvider): Promise<readonly string[]> {
  const own = await ownMigrations();
  const { rows } = await sql<{ readable: boolean | null }>`
    select has_table_privilege(to_regclass('kysely_migration'), 'select') as readable
  `.execute(db);
  // A database nobody has touched, or one that has not come far enough to be read by any but its owner.
  if (rows[0]?.readable !== true) return own;
  const applied = await appliedMigrations(db);
  return own.filter((name) => !applied.has(name));
}

async function appliedMigrations(db: QueryExecutorProvider): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return new Set(rows.map(({ name }) => name));
}

/** What this process was made with: read once, so that a release on the disk does not change it. */
let made_with: Promise<readonly string[]> | undefined;
const ownMigrations = (): Promise<readonly string[]> => (made_with ??= migrationNames());

/** The plain SQL files of `migrations/`, by name. */
async function readMigrations(): Promise<Record<string, Migration>> {
  const entries = (await migrationNames()).map(async (name) => {
    const text = await readFile(join(folder, `${name}.sql`), "utf8");
    return [name, { up: (db: Kysely<unknown>) => run(db, text) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function run(db: Kysely<unknown>, text: string): Promise<void> {
  await sql.raw(text).execute(db);
}
