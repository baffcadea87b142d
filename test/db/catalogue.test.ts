import { sql, type Kysely } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DB } from "../../src/db/types.ts";
import { freshDatabase, openPool, type TestDatabase } from "../support/database.ts";

/** Known by every node of a distributed database, or distributed by something else than community. */
const not_of_a_tenant = [
  "partner",
  "community",
  "admin_key",
  "delivery_report",
  "gateway_health",
  "kysely_migration",
  "kysely_migration_lock",
];

// architecture.md, "Scale": so that the schema can be distributed by community.
describe("every tenant table has community_id first", () => {
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

  test("in its primary key and every unique index", async () => {
    const { rows } = await sql<{ index: string; first: string }>`
      select i.indexrelid::regclass::text as index, a.attname as first
      from pg_index as i
      join pg_class as t on t.oid = i.indrelid
      join pg_namespace as n on n.oid = t.relnamespace
      left join pg_attribute as a on a.attrelid = t.oid and a.attnum = i.indkey[0]
      where n.nspname in ('public', 'ledger') and i.indisunique
        and t.relname <> all (${not_of_a_tenant})
    `.execute(db);
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.filter(({ first }) => first !== "community_id")).toEqual([]);
  });

  test("in every foreign key between tenant tables", async () => {
    const { rows } = await sql<{ key: string; first: string }>`
      select c.conname as key, a.attname as first
      from pg_constraint as c
      join pg_class as t on t.oid = c.conrelid
      join pg_attribute as a on a.attrelid = t.oid and a.attnum = c.conkey[1]
      join pg_namespace as n on n.oid = t.relnamespace
      where n.nspname in ('public', 'ledger') and c.contype = 'f' and t.relname <> all (${not_of_a_tenant})
    `.execute(db);
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.filter(({ first }) => first !== "community_id")).toEqual([]);
  });

  test("and the service's role may write no ledger table, nor change anybody's past", async () => {
    const { rows } = await sql<{ table: string; right: string }>`
      select table_name as table, privilege_type as right
      from information_schema.role_table_grants
      where grantee = 'soccs_app' and table_schema = 'ledger' and privilege_type <> 'SELECT'
    `.execute(db);
    expect(rows).toEqual([]);
    for (const act of [
      sql`delete from ledger.entry`,
      sql`insert into ledger.account default values`,
    ])
      await expect(act.execute(db)).rejects.toThrow("permission denied");
  });
});
