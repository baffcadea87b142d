import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminOf } from "../support/admin.ts";
import { openWorld, type World } from "../support/world.ts";
import { soccs } from "../support/soccs.ts";

describe("soccs keys", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test("makes a key that works, lists it without saying it, and ends it", async () => {
    const run = soccs(world.database_url);
    const made = await run(
      "keys",
      "create",
      "--name",
      "field office",
      "--partner",
      "Manyatta Women's Network",
      "--json",
    );
    expect(made.code).toBe(0);
    const { id, key } = JSON.parse(made.out) as { id: string; key: string };
    const office = adminOf(world, key);
    await office.get("/communities").gives(200, { items: [{ slug: "kisumu-manyatta" }] });

    const listed = await run("keys", "list");
    expect(listed.out).toContain("field office");
    expect(listed.out).not.toContain(key.slice(-43));

    expect((await run("keys", "revoke", id)).out).toContain("revoked");
    await office.get("/communities").gives(401);
  });

  test("refuses with exit code 2 and says what is wanted", async () => {
    const run = soccs(world.database_url);
    const refused = [
      await run("keys", "create", "--name", "x", "--partner", "Nobody"),
      await run("keys", "create", "--name", "x", "--days", "0"),
      await run("keys", "create"),
      await run("keys", "create", "--name", ""),
      await run("keys", "create", "--name", "x".repeat(61)),
      await run("keys", "revoke", "me"),
      await run("keys", "revoke", "0198b2a0-0000-7000-8000-000000000000"),
    ];
    expect(refused.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2, 2, 2]);
    expect(refused.map(({ err }) => err.split("\n")[0])).toEqual([
      'no partner "Nobody"',
      expect.stringContaining("wants 1 to 3650 days"),
      expect.stringContaining("--name"),
      expect.stringContaining("wants 1 to 60 characters on one line"),
      expect.stringContaining("wants 1 to 60 characters on one line"),
      expect.stringContaining("wants an id"),
      expect.stringContaining("no key"),
    ]);
    expect((await run("keys", "--help")).code).toBe(0);
  });
});
