import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";

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
});
