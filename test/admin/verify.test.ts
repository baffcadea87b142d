import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { verifyBooks } from "../../src/domain/books.ts";
import { compose } from "../../src/compose/service.ts";
import { adminOf } from "../support/admin.ts";
import { holdTable } from "../support/held-table.ts";
import { admin_key, eventually, openWorld, type World } from "../support/world.ts";

describe("the admin API", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const route = "/admin/v1/communities/kisumu-manyatta/ledger/verify";

  test.each([undefined, "Bearer wrong", "Basic abc", "Bearer"])(
    "wants an overseer's key, not %j",
    async (authorization) => {
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await world.service.app.inject({ url: route, headers });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers["content-type"]).toMatch("application/problem+json");
      expect(answer.json()).toMatchObject({ status: 401, title: "An admin key is wanted" });
    },
  );

  test("verifies the books of a community, and knows no other", async () => {
    expect(await world.verifyBooks()).toEqual({
      ok: true,
      journals: 0,
      entries: 0,
      accounts: 234,
      mismatches: [],
    });
    const headers = { authorization: "Bearer the-overseer-key-of-the-tests" };
    const other = await world.service.app.inject({
      url: route.replace("kisumu", "nowhere"),
      headers,
    });
    expect(other.statusCode).toBe(404);
    expect(other.json()).toMatchObject({ title: "No such community" });
    const nothing = await world.service.app.inject({ url: "/admin/v1/nothing", headers });
    expect([nothing.statusCode, nothing.headers["content-type"]]).toEqual([
      404,
      expect.stringContaining("application/problem+json"),
    ]);
  });

  /** The API with as many connections as in production: the world's own lets fewer in at once. */
  const roomy = async () => {
    const parts = { ...world.parts, role: "web", connections_max: 20, demo: [] } as const;
    const service = await compose(parts);
    onTestFinished(() => service.close());
    return adminOf({ service }, admin_key);
  };

  const kisumu = () => world.db.selectFrom("community").select("id").executeTakeFirstOrThrow();

  test("recomputes for two at once, and says what to do when it takes too long", async () => {
    const boss = await roomy();
    const path = "/communities/kisumu-manyatta/ledger/verify";
    const held = await holdTable(world, "ledger.entry");
    const asked = [boss.get(path).answer(), boss.get(path).answer()];
    await eventually(async () => expect(await held.waiting("ledger.mismatches")).toBe(2));
    const turned_away = await boss.get(path).answer();
    expect([turned_away.statusCode, turned_away.headers["retry-after"]]).toEqual([429, "60"]);
    // As Postgres itself does at the end of its time.
    await held.callOff("ledger.mismatches");
    expect(await verifyBooks(world.db, await kisumu(), 50)).toEqual({ type: "not-in-time" });
    for (const answer of await Promise.all(asked)) {
      expect(answer.statusCode).toBe(503);
      expect(answer.json<{ detail: string }>().detail).toContain("`soccs ledger verify`");
    }
    await held.release();
    await boss.get(path).gives(200, { ok: true });
  });

  test("and sums up for two at once", async () => {
    const boss = await roomy();
    const path = "/communities/kisumu-manyatta/reports/summary";
    const held = await holdTable(world, "ledger.account");
    const asked = [boss.get(path).answer(), boss.get(path).answer()];
    await eventually(async () => expect(await held.waiting('"ledger"."account"')).toBe(2));
    await boss.get(path).gives(429, { title: "Too many summaries at once" });
    await held.release();
    const statuses = (await Promise.all(asked)).map(({ statusCode }) => statusCode);
    expect(statuses).toEqual([200, 200]);
  });
});
