import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { soccs } from "../support/soccs.ts";
import { query } from "../support/servers.ts";
import { openWorld, type World } from "../support/world.ts";

// R35: anyone can check the books.
describe("soccs ledger verify", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.earned("Achieng Otieno", 12);
  });
  afterAll(() => world.close());

  const verify = (...words: string[]) => soccs(world.database_url)("ledger", "verify", ...words);

  test("says that the books agree, and refuses a community that is not there", async () => {
    const agreed = await verify();
    expect(agreed).toMatchObject({ code: 0, err: "" });
    expect(agreed.out).toMatch(/^kisumu-manyatta: the books agree \(1 journals, 4 entries, /);
    const told = JSON.parse((await verify("--json")).out) as object;
    expect(told).toMatchObject([{ slug: "kisumu-manyatta", books: { ok: true, journals: 1 } }]);
    expect(await verify("--community", "nowhere")).toMatchObject({
      code: 2,
      err: "no community nowhere\n",
    });
  });

  test("ends with exit code 1 and names the place once somebody altered an entry", async () => {
    await query(
      world.database_url,
      `set session_replication_role = replica;
      update ledger.entry set amount = amount + 1, balance_after = balance_after + 1
      where account_id = (select id from member where name = 'Achieng Otieno')`,
    );
    const found = await verify("--community", "kisumu-manyatta");
    expect(found.code).toBe(1);
    expect(found.out).toMatch(/^kisumu-manyatta: THE BOOKS DO NOT AGREE/);
    expect(found.out).toMatch(/\n {2}.*account .*wanted .*12.*found .*13/);
    const told = await verify("--json");
    expect(told.code).toBe(1);
    expect(JSON.parse(told.out)).toMatchObject([{ books: { ok: false } }]);
  });
});
