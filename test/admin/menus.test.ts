import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyDueChanges } from "../../src/domain/menu-apply.ts";
import { adminOf, keyFor, overseer, type Admin } from "../support/admin.ts";
import { never } from "../support/never.ts";
import { openWorld, type World } from "../support/world.ts";

const menus = "/communities/kisumu-manyatta/menus";
const changes = `${menus}/changes`;

const screening = {
  not_already_happening: "Nobody cleans the drain.",
  promotes_larger_good: "The whole lane stays dry.",
  no_substitute_for_paid_work: "The city has no budget for it.",
};
const drain = {
  code: "DRAIN",
  value: 14,
  name: { en: "Clean drain", sw: "Kusafisha mfereji", luo: "Ywayo bur pii" },
  screening,
};
const dump = {
  code: "DUMP",
  value: 20,
  name: { en: "Clean dump plot", sw: "Kusafisha jaa", luo: "Ywayo kar yugi" },
};
const note = "Talked over with the managers on Sunday.";

interface Change {
  readonly id: string;
}
interface Menu {
  readonly deeds: readonly { code: string; value: number; position: number }[];
  readonly versions: readonly string[];
  readonly accrual_ratio: number;
}

describe("menus and their changes", () => {
  let world: World;
  let boss: Admin;
  let women: Admin;
  beforeAll(async () => {
    world = await openWorld();
    boss = overseer(world);
    women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
  });
  afterAll(() => world.close());

  const draft = async (body: object): Promise<Change> =>
    (await women.post(changes, { note, ...body }).gives(201, { status: "drafted" })) as Change;
  const deedOf = async (code: string, query = ""): Promise<{ value: number } | undefined> => {
    const { deeds } = (await women.get(menus + query).gives(200)) as Menu;
    return deeds.find((deed) => deed.code === code);
  };

  test("a draft changes nothing; the overseer's approval does, and an old claim keeps its value", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    const grace = world.phoneOf("Grace Akinyi");
    await achieng.dials().presses("2", "2", "1").ends("15 SoCC");
    const before = world.clock.now().toISOString();
    world.clock.moveOn({ minutes: 5 });
    const { id } = await draft({ deeds: [dump] });
    expect(await deedOf("DUMP")).toMatchObject({ value: 15 });

    await women.post(`${changes}/${id}/approve`).gives(403);
    await boss.post(`${changes}/${id}/approve`).gives(200, {
      status: "in-force",
      author: expect.stringMatching(/^key:[0-9a-f-]{36}$/) as string,
      decided_by: "key:bootstrap",
      liquidity: { state: "fine" },
    });
    expect(await deedOf("DUMP")).toMatchObject({ value: 20, position: 2 });
    expect(await deedOf("DUMP", `?at=${before}`)).toMatchObject({ value: 15 });

    const [, code = ""] = await grace.receives(/15 SoCC.*OK (\w{4}) PIN/);
    await grace.texts(`OK ${code} ${world.pinOf("Grace Akinyi")}`);
    await achieng.receives(/You earned 15 SoCC/);
    await achieng.dials().presses("2").sees("2. Clean dump plot 20");
    await boss.post(`${changes}/${id}/approve`).gives(409);
  });

  test("a new deed answers three questions, and comes last", async () => {
    const unscreened = { ...drain, screening: undefined };
    await women
      .post(changes, { note, deeds: [unscreened] })
      .gives(422, { errors: [{ in: "body", field: "deeds.0.screening" }] });
    const { id } = await draft({ deeds: [drain], retire_deeds: ["HYGIENE"] });
    await boss.post(`${changes}/${id}/approve`).gives(200);
    expect(await deedOf("DRAIN")).toMatchObject({ value: 14, position: 7 });
    expect(await deedOf("HYGIENE")).toBeUndefined();
    await women.get(`${changes}/${id}`).gives(200, { contents: { deeds: [{ screening }] } });
  });

  test.each([
    [{}, ""],
    [
      { deeds: [{ ...drain, code: "MILK", name: { en: "Milk", sw: "Maziwa" } }] },
      "deeds.0.name.luo",
    ],
    [{ retire_deeds: ["NOSUCH"] }, "retire_deeds.0"],
    [{ deeds: [dump], retire_deeds: ["DUMP"] }, "retire_deeds.0"],
    [{ deeds: [dump, dump] }, "deeds.1.code"],
    [{ accrual_ratio: 4, effective_at: "2026-01-01T00:00:00Z" }, "effective_at"],
  ])("what cannot be drafted is told by its field (%#)", async (body, field) => {
    await women.post(changes, { note, ...body }).gives(422, { errors: [{ in: "body", field }] });
  });

  test("a change goes back with a reason, once", async () => {
    const { id } = await draft({ accrual_ratio: 3 });
    await boss.post(`${changes}/${id}/return`, {}).gives(400, { errors: [{ field: "reason" }] });
    await boss.post(`${changes}/${id}/return`, { reason: "Say why." }).gives(200, {
      status: "returned",
      reason: "Say why.",
    });
    await boss.post(`${changes}/${id}/approve`).gives(409);
    await women.get(`${changes}?status=returned`).gives(200, { items: [{ id }], next: null });
  });

  test("nobody decides on their own change, not even the overseer", async () => {
    const { id } = (await boss.post(changes, { note, accrual_ratio: 4 }).gives(201)) as Change;
    for (const act of ["approve", "return"])
      await boss
        .post(`${changes}/${id}/${act}`, act === "return" ? { reason: "x" } : undefined)
        .gives(403, { title: "Nobody decides on their own change" });
    const { key } = (await boss.post("/keys", { name: "second" }).gives(201)) as { key: string };
    await adminOf(world, key).post(`${changes}/${id}/approve`).gives(200, { status: "in-force" });
    await women.get("/communities/kisumu-manyatta").gives(200, { accrual_ratio: 4 });
  });

  test("a dated change comes into force on its day, whoever applies it, in order", async () => {
    const day = (days: number): string =>
      new Date(world.clock.now().getTime() + days * 86_400_000).toISOString();
    const later = await draft({ accrual_ratio: 8, effective_at: day(2) });
    const sooner = await draft({ accrual_ratio: 6, cash_out_value: "8.50", effective_at: day(1) });
    for (const { id } of [later, sooner])
      await boss.post(`${changes}/${id}/approve`).gives(200, { status: "approved" });
    await applyDueChanges(world.db, world.clock.now(), never);
    await women.get("/communities/kisumu-manyatta").gives(200, { accrual_ratio: 4 });

    world.clock.moveOn({ days: 1 });
    await Promise.all([1, 2, 3].map(() => applyDueChanges(world.db, world.clock.now(), never)));
    await women.get("/communities/kisumu-manyatta").gives(200, {
      accrual_ratio: 6,
      cash_out_value: "8.5000",
    });
    world.clock.moveOn({ days: 9 });
    await applyDueChanges(world.db, world.clock.now(), never);
    await women.get("/communities/kisumu-manyatta").gives(200, { accrual_ratio: 8 });
    const applied = (await boss.get("/audit?act=menu.put-in-force&actor=service").gives(200)) as {
      items: object[];
    };
    expect(applied.items).toHaveLength(2);
  });

  test("nothing more can be earned once the budget is used up", async () => {
    await boss.patch("/communities/kisumu-manyatta", { liquidity_budget: "150" }).gives(200);
    const { id } = await draft({ deeds: [{ ...dump, value: 30 }] });
    // 15 SoCC outstanding, at 8.50.
    await boss.post(`${changes}/${id}/approve`).gives(200, { liquidity: { state: "warned" } });
    await boss.patch("/communities/kisumu-manyatta", { liquidity_budget: "100" }).gives(200);
    const more = await draft({ deeds: [{ ...dump, value: 40 }] });
    await boss.post(`${changes}/${more.id}/approve`).gives(409, { title: "The budget is used up" });
    const less = await draft({ retire_deeds: ["DUMP"] });
    await boss.post(`${changes}/${less.id}/approve`).gives(200, { status: "in-force" });
  });

  test("communal rewards, rewards and their stock change the same way", async () => {
    const names = { en: "Tarpaulin", sw: "Turubai", luo: "Turubai" };
    const { id } = await draft({
      rewards: [{ code: "UMBRELLA", price: 45, stock: 10, name: names }],
      communal_rewards: [{ code: "TARP", price: 500, name: names }],
      retire_rewards: ["STOVE"],
    });
    await boss.post(`${changes}/${id}/approve`).gives(200);
    const { rewards } = (await women.get(menus).gives(200)) as {
      rewards: { code: string; kind: string; price: number; position: number }[];
    };
    const codes = rewards.map(({ code }) => code);
    expect(codes).not.toContain("STOVE");
    expect(codes.at(-1)).toBe("TARP");
    expect(rewards.find(({ code }) => code === "UMBRELLA")).toMatchObject({
      price: 45,
      position: 2,
    });
  });
});
