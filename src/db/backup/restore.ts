import { Kysely, PostgresDialect } from "kysely";
import type pg from "pg";
import type { Writer } from "../database.ts";
import { appliedIn, migrate, migrationNames } from "../migrate.ts";
import type { DB } from "../types.ts";
import { checkBackup, type Head } from "./format.ts";
import { loadBackup } from "./load.ts";
import { asOwner } from "./tables.ts";

export type Loaded =
  | { readonly type: "loaded"; readonly made_at: Date; readonly rows: number }
  /** Something is there already; the name of a table that has rows. */
  | { readonly type: "not-empty"; readonly table: string }
  /** It was made by a newer version, or beside migrations that this version does not have. */
  | { readonly type: "unknown-migration"; readonly name: string };

/**
 * Loads a backup into an empty database: its schema is made as it was then, the rows loaded in one
 * transaction, and then brought up to date. A file that is not whole is refused before anything is
 * touched; where loading fails the tables stay empty and it can be tried again.
 * @param url signs in as who is to own the schema. The role soccs_app is made with it.
 * @param beforeCommit what must be so before anybody sees the rows.
 * @throws DamagedBackup
 */
export async function restoreBackup(
  url: string,
  file: string,
  beforeCommit: (trx: Writer, made_at: Date) => Promise<void>,
): Promise<Loaded> {
  const head = await checkBackup(file);
  const unknown = await unknownMigration(head);
  if (unknown !== undefined) return { type: "unknown-migration", name: unknown };
  return await asOwner(url, async (client) => {
    const table = await tableWithRows(client);
    if (table !== undefined) return { type: "not-empty", table };
    const later = (await appliedIn(client)).find((name) => !head.migrations.includes(name));
    if (later !== undefined) return { type: "not-empty", table: `a schema with ${later}` };
    await migrate(url, head.migrations.at(-1));
    await client.query("begin");
    const rows = await loadBackup(client, file);
    await beforeCommit(transactionOn(client), head.made_at);
    await client.query("commit");
    await migrate(url);
    await client.query("analyze");
    return { type: "loaded", made_at: head.made_at, rows };
  });
}

async function unknownMigration({ migrations }: Head): Promise<string | undefined> {
  const ours = await migrationNames();
  const last = migrations.at(-1) ?? "";
  return (
    migrations.find((name) => !ours.includes(name)) ??
    // One that was put in before the last would be run, and make other columns than the backup has.
    ours.find((name) => name <= last && !migrations.includes(name))
  );
}

/** A table that is no part of Postgres, of a migrator or of a queue, and has a row. */
async function tableWithRows(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema', 'bullmq')
      and tablename not like 'kysely\\_migration%'
    order by 1
  `);
  for (const { name } of rows) {
    const { rowCount } = await client.query(`select from ${name} limit 1`);
    if (rowCount !== 0) return name;
  }
  return undefined;
}

/** The transaction that is open on a connection, for who writes with Kysely. */
function transactionOn(client: pg.Client): Writer {
  const connection = { query: client.query.bind(client), release: () => undefined };
  const pool = {
    connect: () => Promise.resolve(connection),
    end: () => Promise.resolve(),
    options: {},
  };
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) }) as unknown as Writer;
}
