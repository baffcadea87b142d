import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { overseer } from "../support/admin.ts";
import { soccs, type Ran } from "../support/soccs.ts";
import { openWorld, type World } from "../support/world.ts";

const folder = join(import.meta.dirname, "../../menus/communities");

describe("soccs communities", () => {
  let world: World;
  let dir: string;
  beforeAll(async () => {
    world = await openWorld();
    dir = mkdtempSync(join(tmpdir(), "soccs-files-"));
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true });
    await world.close();
  });

  /** Applies a community's file after something in it was replaced. */
  const apply = (slug: string, from = "", to = "", ...words: string[]): Promise<Ran> => {
    const text = readFileSync(join(folder, `${slug}.yaml`), "utf8");
    const file = join(dir, `${slug}.yaml`);
    writeFileSync(file, text.replace(from, to));
    return soccs(world.database_url)("communities", "apply", file, ...words);
  };

  test("founds a community from its file, and lists it", async () => {
    expect(await apply("madurai-ward")).toMatchObject({ code: 0, out: "madurai-ward: founded\n" });
    const listed = await soccs(world.database_url)("communities", "list", "--json");
    const slugs = (JSON.parse(listed.out) as { slug: string }[]).map(({ slug }) => slug);
    expect(slugs).toEqual(["madurai-ward", "kisumu-manyatta"]);
    expect((await apply("madurai-ward")).out).toBe("madurai-ward: nothing differs\n");
  });

  test("changes settings, and files what differs in the menus for approval, once", async () => {
    const words = ["--note", "Talked over on Sunday.", "--json"];
    const applied = await apply("kisumu-manyatta", "value: 15", "value: 16", ...words);
    expect(applied, applied.err).toMatchObject({ code: 0 });
    const { change } = JSON.parse(applied.out) as { change: { id: string; contents: object } };
    expect(change.contents).toMatchObject({
      deeds: [{ code: "DUMP", value: 16 }],
      rewards: [],
      retire_deeds: [],
    });
    const again = await apply("kisumu-manyatta", "value: 15", "value: 16");
    expect(again.out).toContain(change.id);
    await overseer(world)
      .post(`/communities/kisumu-manyatta/menus/changes/${change.id}/approve`)
      .gives(200, { status: "in-force", author: "service", note: "Talked over on Sunday." });

    const renamed = await apply("kisumu-manyatta", "stage: running", "stage: self-sufficient");
    expect(renamed.out).toMatch(/changed stage; menu change .* waits for approval/);
  });

  test("restocks a reward by another number, and else leaves what is left of it alone", async () => {
    const approve = async (applied: Ran): Promise<object[]> => {
      const { change } = JSON.parse(applied.out) as {
        change: { id: string; contents: { rewards: object[] } };
      };
      await overseer(world)
        .post(`/communities/kisumu-manyatta/menus/changes/${change.id}/approve`)
        .gives(200, { status: "in-force" });
      return change.contents.rewards;
    };
    const left = async () =>
      await world.db
        .selectFrom("reward")
        .select(["price", "stock"])
        .where("code", "=", "UMBRELLA")
        .where("valid_until", "is", null)
        .executeTakeFirstOrThrow();
    await world.db.updateTable("reward").set({ stock: 3 }).where("code", "=", "UMBRELLA").execute();
    const at = "price: 40\n    stock: 25";
    const dearer = await approve(
      await apply("kisumu-manyatta", at, "price: 45\n    stock: 25", "--json"),
    );
    expect(dearer).not.toMatchObject([{ stock: 25 }]);
    expect(await left()).toEqual({ price: 45, stock: 3 });
    const restocked = await approve(
      await apply("kisumu-manyatta", at, "price: 45\n    stock: 40", "--json"),
    );
    expect(restocked).toMatchObject([{ code: "UMBRELLA", stock: 40 }]);
    expect(await left()).toEqual({ price: 45, stock: 40 });
    await world.db.updateTable("reward").set({ stock: 7 }).where("code", "=", "UMBRELLA").execute();
    const again = await approve(
      await apply("kisumu-manyatta", at, "price: 40\n    stock: 40", "--json"),
    );
    expect(again).not.toMatchObject([{ stock: 40 }]);
    expect(await left()).toEqual({ price: 40, stock: 7 });
  });

  test("files what shows by text who asks as a change too: nobody weakens that alone", async () => {
    const ratio = "accrual_ratio: 5";
    const applied = await apply("kisumu-manyatta", ratio, `${ratio}\ntext_proof: word`, "--json");
    const told = JSON.parse(applied.out) as { settings: string[]; change: { contents: object } };
    expect(told.settings).not.toContain("text_proof");
    expect(told.change.contents).toMatchObject({ text_proof: "word" });
    const community = "/communities/kisumu-manyatta";
    await overseer(world).get(community).gives(200, { text_proof: "pin" });
  });

  test.each([
    ["accrual_ratio: 5", "accrual_ratio: none", /^kisumu-manyatta.yaml:12: accrual_ratio: /],
    ["value: 15", "value: fifteen", /^kisumu-manyatta.yaml:\d+: deeds.1.value: /],
    ["currency: KES", "currency: USD", /^kisumu-manyatta.yaml:6: currency: cannot be changed/],
    ["code: DUMP", "code: RUBBISH", /^kisumu-manyatta.yaml:\d+: deeds.1.screening: is wanted/],
    [", luo: Gik somo", "", /^kisumu-manyatta.yaml:\d+: rewards.0.name.luo: is wanted/],
    ["slug: kisumu-manyatta", "slug: [", /kisumu-manyatta.yaml: .*line \d+/],
  ])("names file, line, key and what is wanted: %s -> %s", async (from, to, wanted) => {
    const refused = await apply("kisumu-manyatta", from, to);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(wanted);
  });

  test("says when there is no such file", async () => {
    const refused = await soccs(world.database_url)("communities", "apply", join(dir, "no.yaml"));
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("no.yaml") as string });
  });
});
