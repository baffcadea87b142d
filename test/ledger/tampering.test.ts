import { sql, type Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DB } from "../../src/db/types.ts";
import { chart } from "../../src/ledger/chart.ts";
import { reserve } from "../../src/ledger/hold.ts";
import { post } from "../../src/ledger/post.ts";
import { sealJournals } from "../../src/ledger/seal.ts";
import { verify } from "../../src/ledger/verify.ts";
import pg from "pg";
import { freshDatabase, openPool, type TestDatabase } from "../support/database.ts";
import { autocommit, earning, foundLedger, transfer, type Community } from "../support/ledger.ts";
import { never } from "../support/never.ts";
import { eventually } from "../support/world.ts";

describe("somebody who may do anything to the database", () => {
  let database: TestDatabase;
  let db: Kysely<DB>;
  let owner: pg.Client;
  let community: Community;
  let journal_id = "";
  beforeEach(async () => {
    database = await freshDatabase();
    db = openPool(database.url, 2);
    owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    community = await foundLedger(db, 2);
    const [achieng = "", wanjiku = ""] = community.members;
    const trx = autocommit(db);
    await post(trx, community.id, [earning(achieng, 12)]);
    const journal = transfer(achieng, wanjiku, 5);
    journal_id = journal.id;
    await post(trx, community.id, [journal]);
    await post(trx, community.id, [earning(wanjiku, 8)]);
    const hold = { id: journal_id, once: "h", account: achieng, amount: 2, expires_at: new Date() };
    await reserve(trx, community.id, hold);
  });
  afterEach(async () => {
    await owner.end();
    await db.destroy();
    await database.drop();
  });

  const checks = async () => (await verify(db, community.id)).mismatches;

  test.each([
    "update ledger.entry set amount = 100",
    "delete from ledger.entry",
    "truncate ledger.entry",
    "update ledger.journal set details = '{}'",
    "delete from ledger.journal",
    "truncate ledger.journal cascade",
    "update ledger.hold set amount = 1",
    "delete from ledger.hold",
    "update ledger.hold_end set outcome = 'released'",
    "truncate ledger.hold_end",
    "truncate ledger.seal",
  ])("is refused by a trigger: %s", async (text) => {
    await owner.query("select * from ledger.hold_end").then(async ({ rowCount }) => {
      if (rowCount === 0)
        await owner.query(
          `select ledger.release('${community.id}', '${journal_id}', 'released', now())`,
        );
    });
    await expect(owner.query(text)).rejects.toThrow("is append-only");
    expect(await checks()).toEqual([]);
  });

  test.each([
    [
      "an unbalanced line",
      `insert into ledger.entry values ('C', 'M', 0, 99, 'J', 'iSoCC', 5, 99, 0)`,
    ],
    ["an overdrawn member", `update ledger.account set posted = -1 where id = 'M'`],
    ["more held than there is", `update ledger.account set held = 1000 where id = 'M'`],
  ])("is refused %s", async (_name, text) => {
    const filled = text
      .replace("'C'", `'${community.id}'`)
      .replace("'M'", `'${community.members[0] ?? ""}'`)
      .replace("'J'", `'${journal_id}'`);
    await expect(owner.query(filled)).rejects.toThrow(/balance|violates check/);
  });

  /** With the triggers out of the way, as only the owner can. */
  const tamper = async (text: string): Promise<void> => {
    await owner.query(`set session_replication_role = replica; ${text}`);
    await owner.query("set session_replication_role = origin");
  };

  test("an entry changed behind the triggers is named by its journal", async () => {
    await tamper(
      `update ledger.entry set amount = amount + 1 where journal_id = '${journal_id}' and amount > 0`,
    );
    const found = await checks();
    expect(found.map(({ check }) => check)).toEqual(
      expect.arrayContaining(["line", "account", "journal", "balance"]),
    );
    const named = found.filter((each) => each.check !== "account");
    expect(named.every((each) => each.journal_id === journal_id)).toBe(true);
  });

  test("an entry removed leaves a gap that shows", async () => {
    await tamper(`delete from ledger.entry where journal_id = '${journal_id}' and amount > 0`);
    expect(await checks()).toContainEqual(
      expect.objectContaining({ check: "journal", journal_id }),
    );
  });

  test("a balance changed without a line shows", async () => {
    await tamper(
      `update ledger.account set posted = posted + 1 where id = '${chart.cache}' and version > 0`,
    );
    expect(await checks()).toContainEqual(
      expect.objectContaining({ check: "account", account_id: chart.cache }),
    );
    await tamper(`update ledger.account set carry = 4 where id = '${community.members[1] ?? ""}'`);
    expect(await checks()).toHaveLength(2);
  });

  test("what an account is cannot be changed, and shows when it was all the same", async () => {
    const floorless = `update ledger.account set floor = null where id = '${community.members[0] ?? ""}'`;
    await expect(owner.query(floorless)).rejects.toThrow("is append-only");
    await expect(owner.query("delete from ledger.account")).rejects.toThrow("is append-only");
    await tamper(floorless);
    expect(await checks()).toContainEqual(expect.objectContaining({ check: "chart" }));
  });

  test("an entry in another unit shows", async () => {
    await tamper(`update ledger.entry set unit = 'commSoCC' where journal_id = '${journal_id}'`);
    expect(await checks()).toContainEqual(
      expect.objectContaining({ check: "unit", journal_id, wanted: "iSoCC", found: "commSoCC" }),
    );
  });

  // Through the service's own role: what the types hide, the functions must refuse themselves.
  test.each([
    ["an accrual to undo that never was", { undo_accrued: -1000, undo_ratio: 0 }],
    ["another journal's reversal", { reverses: "01900000-0000-7000-8000-000000000009" }],
    ["an earner who gains nothing", { amounts: [1, -1] }],
    ["one account twice", { accounts: ["M", "M"] }],
    ["no earner of its own", { earner: "01900000-0000-7000-8000-000000000009" }],
    ["an unbalanced journal", { amounts: [-1, 2] }],
  ])("the service's role cannot post %s", async (_name, over) => {
    const [achieng = ""] = community.members;
    const earner = { earner: achieng, ratio: 5 };
    const asked = JSON.stringify([{ ...late(community), ...earner, ...over }]).replaceAll(
      '"M"',
      `"${achieng}"`,
    );
    const posting = sql`select ledger.post(${community.id}, ${asked}::jsonb)`.execute(db);
    await expect(posting).rejects.toThrow();
    expect(await checks()).toEqual([]);
  });

  test("nor capture a hold into somebody's reversal", async () => {
    const asked = JSON.stringify({ ...late(community), reverses: journal_id });
    const capturing =
      sql`select ledger.capture(${community.id}, ${journal_id}, ${asked}::jsonb)`.execute(db);
    await expect(capturing).rejects.toThrow("asked for with ledger.reverse");
  });

  test("what is held without a hold shows", async () => {
    await tamper(
      `update ledger.account set held = held + 1 where id = '${community.members[0] ?? ""}'`,
    );
    expect(await checks()).toContainEqual(
      expect.objectContaining({ check: "held", wanted: "2", found: "3" }),
    );
  });

  test("a history rewritten so that it agrees with itself breaks the seal", async () => {
    await eventually(async () => {
      expect(await sealJournals(db, community.id, never)).toBeGreaterThanOrEqual(0);
      const { rows } = await owner.query<{ sum: number }>(
        "select sum(journals)::int as sum from ledger.seal",
      );
      expect(rows[0]?.sum).toBe(3);
    });
    expect(await checks()).toEqual([]);
    // The transfer of 5 becomes one of 4, in the journal, its lines, and everything after them.
    await tamper(`
      update ledger.journal set amounts = array[-4, 4] where id = '${journal_id}';
      update ledger.entry set amount = sign(amount) * 4 where journal_id = '${journal_id}';
      update ledger.entry as e set balance_after = (
        select sum(amount) from ledger.entry as b
        where b.account_id = e.account_id and b.stripe = e.stripe and b.seq <= e.seq
      );
      update ledger.account as a set posted = (
        select coalesce(sum(amount), 0) from ledger.entry as e
        where e.account_id = a.id and e.stripe = a.stripe
      );
    `);
    const found = await checks();
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ check }) => check === "seal")).toBe(true);
  });

  test("a journal slipped into a sealed span breaks the seal", async () => {
    await eventually(async () => {
      await sealJournals(db, community.id, never);
      expect((await owner.query("select from ledger.seal")).rowCount).toBeGreaterThan(0);
    });
    await owner.query("select ledger.post($1, $2)", [
      community.id,
      JSON.stringify([late(community)]),
    ]);
    await tamper(
      `update ledger.journal set recorded_at = recorded_at - interval '1 day' where once = 'late'`,
    );
    expect(await checks()).toContainEqual(expect.objectContaining({ check: "seal" }));
  });

  test("two processes sealing at once seal everything once", async () => {
    await eventually(async () => {
      await Promise.all([
        sealJournals(db, community.id, never),
        sealJournals(db, community.id, never),
      ]);
      const { rows } = await sql<{
        sum: number;
      }>`select sum(journals)::bigint as sum from ledger.seal`.execute(db);
      expect(rows[0]?.sum).toBe(3);
    });
    expect(await checks()).toEqual([]);
  });
});

const late = ({ members: [member = ""] }: Community): object => ({
  id: "01900000-0000-7000-8000-000000000001",
  once: "late",
  kind: "correction",
  happened_at: "2026-01-01",
  accounts: [chart.issuance, member],
  units: ["iSoCC", "iSoCC"],
  amounts: [-1, 1],
});
