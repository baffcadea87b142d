import { inject, afterAll, beforeAll, describe, expect, test } from "vitest";
import pg from "pg";
import { query } from "../support/servers.ts";
import { eventually, openWorld, type World } from "../support/world.ts";

describe("with the database gone", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.phoneOf("Achieng Otieno").dials().presses("2", "3", "1").ends("Claim");
  });
  afterAll(() => world.close());

  const name = (): string => new URL(world.database_url).pathname.slice(1);
  const server = inject("postgres_url");
  const hangUp = `select pg_terminate_backend(pid) from pg_stat_activity where datname = `;

  test("a caller is told within 10 s that nothing was taken, and so is the next", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    await query(server, `alter database ${name()} allow_connections false`);
    await query(server, `${hangUp} '${name()}'`);
    const began = performance.now();
    await grace.dials().ends("Nothing was taken");
    expect(await grace.texts("BAL")).toBe(503);
    expect((await world.service.app.inject("/readyz")).statusCode).toBe(503);
    expect(performance.now() - began).toBeLessThan(10_000);
    await query(server, `alter database ${name()} allow_connections true`);
    await grace.dials().sees("Kisumu Manyatta");
    expect((await world.service.app.inject("/readyz")).statusCode).toBe(200);
  });

  test("a confirmation cut off half-way leaves nothing, and may be done again", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    const other = new pg.Client({ connectionString: world.database_url });
    await other.connect();
    // Somebody holds the claim, so that the confirmation is caught in the middle of its act.
    await other.query("begin");
    await other.query("select from claim for update");
    const cut = grace.dials().presses("8", "1", "1", "4826").ends("Nothing was taken");
    const waiting = `select pid from pg_stat_activity where datname = '${name()}' and wait_event_type = 'Lock'`;
    const watcher = new pg.Client({ connectionString: world.database_url });
    await watcher.connect();
    const pid = await eventually(async () => {
      // Not in that transaction, which sees who waits as it was when it first looked.
      const { rows } = await watcher.query<{ pid: number }>(waiting);
      if (rows[0] === undefined) throw new Error("nobody waits yet");
      return rows[0].pid;
    });
    await query(server, `select pg_terminate_backend(${pid})`);
    await cut;
    await other.query("rollback");
    await other.end();
    await watcher.end();

    expect(await world.db.selectFrom("ledger.journal").selectAll().execute()).toEqual([]);
    const { state } = await world.db.selectFrom("claim").select("state").executeTakeFirstOrThrow();
    expect(state).toBe("waiting");
    await grace.dials().presses("8", "1", "1", "4826").ends("Confirmed");
    expect((await world.verifyBooks()).ok).toBe(true);
  });

  test("a turn that would wait too long is told to look before trying again", async () => {
    const other = new pg.Client({ connectionString: world.database_url });
    await other.connect();
    await other.query("begin");
    await other.query("lock table ussd_session");
    const began = performance.now();
    await world.phoneOf("Achieng Otieno").dials().ends("Sorry");
    expect(performance.now() - began).toBeLessThan(10_000);
    await other.query("rollback");
    await other.end();
  });
});
