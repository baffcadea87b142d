import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminOf, keyFor, overseer, type Admin } from "../support/admin.ts";
import { openWorld, type World } from "../support/world.ts";
import { bantama } from "./bantama.ts";

const kisumu = "/communities/kisumu-manyatta";

describe("communities", () => {
  let world: World;
  let boss: Admin;
  let women: Admin;
  beforeAll(async () => {
    world = await openWorld();
    boss = overseer(world);
    women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
  });
  afterAll(() => world.close());

  test("the overseer founds one; its partner sees it, another does not", async () => {
    await boss
      .post("/communities", bantama)
      .gives(201, { slug: "kumasi-bantama", currency: "GHS" });
    const elders = adminOf(world, await keyFor(world, "Bantama Elders"));
    await elders.get("/communities/kumasi-bantama").gives(200, { name: "Bantama" });
    await elders.get(kisumu).gives(404);
    await women.get("/communities/kumasi-bantama").gives(404);
    const slugs = async (admin: Admin): Promise<string[]> => {
      const { items } = (await admin.get("/communities").gives(200)) as {
        items: { slug: string }[];
      };
      return items.map(({ slug }) => slug);
    };
    expect(await slugs(boss)).toEqual(["kumasi-bantama", "kisumu-manyatta"]);
    expect(await slugs(women)).toEqual(["kisumu-manyatta"]);
  });

  test.each([
    [{ ...bantama }, 409, "slug"],
    [{ ...bantama, slug: "other", ussd_code: "*384*2255#" }, 409, "ussd_code"],
    [{ ...bantama, slug: "Other" }, 400, "slug"],
    [{ ...bantama, slug: "other", time_zone: "Africa/Nowhere" }, 400, "time_zone"],
    [
      { ...bantama, slug: "other", deeds: [{ ...bantama.deeds[0], name: { en: "Sweep" } }] },
      400,
      "deeds.0.name.tw",
    ],
    [
      { ...bantama, slug: "other", deeds: [...bantama.deeds, ...bantama.deeds] },
      400,
      "deeds.1.code",
    ],
  ])("what cannot be founded is told by its field (%#)", async (body, status, field) => {
    await boss.post("/communities", body).gives(status, { errors: [{ in: "body", field }] });
  });

  test("a partner founds nothing", async () => {
    await women.post("/communities", { ...bantama, slug: "third" }).gives(403);
  });

  test("lists are paged by cursor", async () => {
    const first = (await boss.get("/communities?limit=1").gives(200)) as { next: string };
    await boss
      .get(`/communities?limit=1&cursor=${first.next}`)
      .gives(200, { items: [{ slug: "kisumu-manyatta" }], next: null });
    await boss
      .get("/communities?cursor=nonsense")
      .gives(400, { errors: [{ in: "query", field: "cursor" }] });
  });

  test("an unknown field is told by its name, deep in a body too", async () => {
    const ratio = { accrual_ratio: 1, pepper: "x" };
    const refused = (await boss.patch(kisumu, ratio).gives(400)) as { detail: string };
    expect(refused).toMatchObject({
      detail: "accrual_ratio: there is no such field",
      errors: [
        { in: "body", field: "accrual_ratio", detail: "there is no such field" },
        { in: "body", field: "pepper" },
      ],
    });
    const deeds = [{ ...bantama.deeds[0], worth: 3 }];
    await boss
      .post("/communities", { ...bantama, slug: "other", deeds })
      .gives(400, { errors: [{ field: "deeds.0.worth" }] });
  });

  test("settings change with their audit row, or not at all", async () => {
    await women.patch(kisumu, { help_number: "0800 1", claim_expiry_days: 10 }).gives(200, {
      help_number: "0800 1",
      claim_expiry_days: 10,
    });
    const { items } = (await women.get("/audit").gives(200)) as { items: object[] };
    expect(items[0]).toMatchObject({
      act: "community.changed",
      community: "kisumu-manyatta",
      before: { help_number: "0800 722 551", claim_expiry_days: 14 },
      after: { help_number: "0800 1", claim_expiry_days: 10 },
    });
  });

  test("a partner leaves alone what keeps accounts safe, and nobody sets the ratio so", async () => {
    await women
      .patch(kisumu, { pin_reset_wait_hours: 1 })
      .gives(403, { errors: [{ in: "body", field: "pin_reset_wait_hours" }] });
    await boss.patch(kisumu, { pin_reset_wait_hours: 12 }).gives(200, { pin_reset_wait_hours: 12 });
    await boss.patch(kisumu, { accrual_ratio: 1 }).gives(400);
    await boss
      .patch(kisumu, { ussd_code: "*713*25#" })
      .gives(409, { errors: [{ in: "body", field: "ussd_code" }] });
  });

  test("a change goes by what was read: If-Match", async () => {
    const etag = String((await women.get(kisumu).answer()).headers["etag"]);
    await women.patch(kisumu, { name: "Manyatta" }, { "if-match": etag }).gives(200);
    await women
      .patch(kisumu, { name: "Kisumu" }, { "if-match": etag })
      .gives(412, { errors: [{ in: "header", field: "if-match" }] });
    await women.get(kisumu).gives(200, { name: "Manyatta" });
  });

  test("the same write under one Idempotency-Key is done once, also at the same moment", async () => {
    const twice = { ...bantama, slug: "accra", ussd_code: "*713*26#" };
    const key = { "idempotency-key": "found accra".replace(" ", "-") };
    const both = await Promise.all(
      [1, 2].map(() => boss.post("/communities", twice, key).answer()),
    );
    expect(both.map(({ statusCode }) => statusCode)).toEqual([201, 201]);
    expect(both[0]!.body).toBe(both[1]!.body);
    expect(both.filter(({ headers }) => headers["idempotency-replayed"] === "true")).toHaveLength(
      1,
    );
    await boss.post("/communities", { ...twice, name: "Else" }, key).gives(422, {
      errors: [{ in: "header", field: "idempotency-key" }],
    });
    // Another caller's name is another name.
    await women.post("/communities", twice, key).gives(403);
    world.clock.moveOn({ days: 1 });
    await boss.post("/communities", twice, key).gives(409);
  });
});
