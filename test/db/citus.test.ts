import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sql, type Kysely } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DB } from "../../src/db/types.ts";
import { freshDatabase, openPool, type TestDatabase } from "../support/database.ts";

const statements = readFileSync(join(import.meta.dirname, "../../deploy/citus.sql"), "utf8");
const reference = [...statements.matchAll(/create_reference_table\('([\w.]+)'\)/g)].map(
  ([, table = ""]) => ({ table, by: undefined }),
);
const distributed = [...statements.matchAll(/create_distributed_table\('([\w.]+)', '(\w+)'/g)].map(
  ([, table = "", by]) => ({ table, by }),
);
const placed = [...reference, ...distributed];
const functions = [...statements.matchAll(/create_distributed_function\(\s*'([^']+)'/g)].map(
  ([, signature = ""]) => signature,
);

// Nobody can run these statements here: what can be held is that they know the schema.
describe("deploy/citus.sql", () => {
  let database: TestDatabase;
  let db: Kysely<DB>;
  beforeAll(async () => {
    database = await freshDatabase();
    db = openPool(database.url, 1);
  });
  afterAll(async () => {
    await db.destroy();
    await database.drop();
  });

  test("places every table, once", async () => {
    const { rows } = await sql<{ table: string }>`
      select c.oid::regclass::text as table
      from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
      where n.nspname in ('public', 'ledger') and c.relkind = 'r' and c.relname !~ '^kysely_'
    `.execute(db);
    const tables = placed.map(({ table }) => table);
    expect(tables.toSorted()).toEqual(rows.map(({ table }) => table).toSorted());
  });

  test("distributes each by the first column of its primary key", async () => {
    const { rows } = await sql<{ table: string; by: string }>`
      select i.indrelid::regclass::text as table, a.attname as by
      from pg_index as i
      join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indisprimary
    `.execute(db);
    const first = new Map(rows.map(({ table, by }) => [table, by]));
    expect(distributed.filter(({ table, by }) => first.get(table) !== by)).toEqual([]);
  });

  test("places a table after those it refers to", async () => {
    const { rows } = await sql<{ from: string; to: string }>`
      select conrelid::regclass::text as from, confrelid::regclass::text as to
      from pg_constraint where contype = 'f' and conrelid <> confrelid
    `.execute(db);
    const order = placed.map(({ table }) => table);
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter(({ from, to }) => order.indexOf(to) > order.indexOf(from))).toEqual([]);
  });

  test("sends each of the ledger's writers whole to where its community is", async () => {
    const { rows } = await sql<{ name: string }>`
      select p.oid::regprocedure::text as name
      from pg_proc as p
      where p.oid = any (${functions}::regprocedure[]) and p.proargnames[1] = 'p_community_id'
    `.execute(db);
    expect(rows).toHaveLength(functions.length);
    for (const writer of ["post", "reverse", "reserve", "capture", "release"])
      expect(functions.some((name) => name.startsWith(`ledger.${writer}(`))).toBe(true);
  });
});
