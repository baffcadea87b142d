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

  test("nobody approves their own change, not even the overseer", async () => {
    const { id } = (await boss.post(changes, { note, accrual_ratio: 4 }).gives(201)) as Change;
    await boss
      .post(`${changes}/${id}/approve`)
      .gives(403, { title: "Nobody approves their own change" });
    const { key } = (await boss.post("/keys", { name: "second" }).gives(201)) as { key: string };
    await adminOf(world, key).post(`${changes}/${id}/approve`).gives(200, { status: "in-force" });
    await women.get("/communities/kisumu-manyatta").gives(200, { accrual_ratio: 4 });
  });

  test("an author withdraws their own draft, and nobody else's", async () => {
    const other = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
    const { id } = await draft({ accrual_ratio: 9 });
    const reason = { reason: "Talked over again." };
    await other.post(`${changes}/${id}/return`, reason).gives(403);
    const { author } = (await women
      .post(`${changes}/${id}/return`, reason)
      .gives(200, { status: "returned", ...reason })) as { author: string };
    await women.get(`${changes}/${id}`).gives(200, { decided_by: author });
    await women.post(`${changes}/${id}/return`, reason).gives(409);
    await boss.post(`${changes}/${id}/approve`).gives(409);
    const own = (await boss.post(changes, { note, accrual_ratio: 9 }).gives(201)) as Change;
    await boss.post(`${changes}/${own.id}/return`, reason).gives(200, { status: "returned" });
  });

  test("twenty drafts wait at the most, and one that is withdrawn makes room", async () => {
    const drafts: Change[] = [];
    for (let count = 0; count < 20; count += 1) drafts.push(await draft({ accrual_ratio: 9 }));
    await women.post(changes, { note, accrual_ratio: 9 }).gives(409);
    const withdraw = ({ id }: Change) =>
      women.post(`${changes}/${id}/return`, { reason: "Too many." }).gives(200);
    await Promise.all(drafts.slice(0, 1).map(withdraw));
    drafts.push(await draft({ accrual_ratio: 9 }));
    await Promise.all(drafts.slice(1).map(withdraw));
  });

  const day = (days: number): string =>
    new Date(world.clock.now().getTime() + days * 86_400_000).toISOString();
  const approved = async (body: object): Promise<Change> => {
    const change = await draft(body);
    await boss.post(`${changes}/${change.id}/approve`).gives(200);
    return change;
  };

  test("the overseer returns an approved change before its day; its author no more", async () => {
    const { id } = await approved({ accrual_ratio: 9, effective_at: day(1) });
    const reason = { reason: "The elders want to wait." };
    await women.post(`${changes}/${id}/return`, reason).gives(409);
    await boss.post(`${changes}/${id}/return`, reason).gives(200, { status: "returned" });
    const due = await approved({ accrual_ratio: 4, effective_at: day(1) });
    world.clock.moveOn({ days: 1 });
    await boss.post(`${changes}/${due.id}/return`, reason).gives(409);
    await applyDueChanges(world.db, world.clock.now(), never);
    await women.get("/communities/kisumu-manyatta").gives(200, { accrual_ratio: 4 });
  });

  test("a draft is looked at again at its approval: what has ended meanwhile is new", async () => {
    const ends = await draft({ retire_deeds: ["DATA"] });
    const data = { code: "DATA", value: 11, name: drain.name };
    const dearer = await draft({ deeds: [data] });
    await boss.post(`${changes}/${ends.id}/approve`).gives(200, { status: "in-force" });
    const { versions } = (await women.get(menus).gives(200)) as Menu;
    expect(versions[0]).toBe(world.clock.now().toISOString());
    await boss.post(`${changes}/${dearer.id}/approve`).gives(409, {
      title: "The change does not fit the menus any more",
      detail: "deeds.0.screening: is wanted for a new deed: three answers",
    });
    await women.get(`${changes}/${dearer.id}`).gives(200, { status: "drafted" });
    expect(await deedOf("DATA")).toBeUndefined();
    await women.post(`${changes}/${dearer.id}/return`, { reason: "It has ended." }).gives(200);
  });

  test("one that does not fit on its day is returned, and the partner is told", async () => {
    const twice = { retire_deeds: ["GARDEN"], effective_at: day(1) };
    const [first, second] = [await approved(twice), await approved(twice)];
    world.clock.moveOn({ days: 1 });
    await applyDueChanges(world.db, world.clock.now(), never);
    await women.get(`${changes}/${first.id}`).gives(200, { status: "in-force" });
    const reason = "Did not fit on its day: retire_deeds.0 is not on the menu";
    await women.get(`${changes}/${second.id}`).gives(200, { status: "returned", reason });
    await women.get("/communities/kisumu-manyatta/alerts?kind=menu-change-returned").gives(200, {
      items: [{ facts: { change_id: second.id, reason }, acknowledged_at: null }],
    });
    await boss.get("/audit?act=menu.returned&actor=service").gives(200, {
      items: [{ subject: `menu-change:${second.id}`, before: { status: "approved" } }],
    });
  });

  test("the audit log says what stood before", async () => {
    const watch = { code: "WATCH", value: 13, name: drain.name };
    const { id } = await approved({ accrual_ratio: 5, cash_out_value: "9", deeds: [watch] });
    const events = (await boss.get("/audit?limit=10").gives(200)) as {
      items: { act: string; subject: string; before: object; after: object }[];
    };
    const of = (act: string) =>
      events.items.find((event) => event.act === act && event.subject === `menu-change:${id}`);
    const before = {
      accrual_ratio: 4,
      cash_out_value: "9.0000",
      deeds: [{ code: "WATCH", value: 12, name: { en: "Girls' safety watch" } }],
    };
    expect(of("menu.approved")).toMatchObject({ before: { status: "drafted", ...before } });
    expect(of("menu.put-in-force")).toMatchObject({
      before,
      after: { accrual_ratio: 5, cash_out_value: "9", deeds: [{ code: "WATCH", value: 13 }] },
    });
    await approved({ accrual_ratio: 4, cash_out_value: "9", deeds: [{ ...watch, value: 12 }] });
  });

  test("a dated change comes into force on its day, whoever applies it, in order", async () => {
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
      items: { subject: string }[];
    };
    const subjects = applied.items.map(({ subject }) => subject);
    expect(subjects.slice(0, 2)).toEqual([later, sooner].map(({ id }) => `menu-change:${id}`));
    expect(new Set(subjects).size).toBe(subjects.length);
  });

  describe("once the budget is used up", () => {
    const refused = async (body: object): Promise<void> => {
      const { id } = await draft(body);
      await boss.post(`${changes}/${id}/approve`).gives(409, { title: "The budget is used up" });
      await women.post(`${changes}/${id}/return`, { reason: "It is used up." }).gives(200);
    };
    const budgetIs = (budget: string) =>
      boss.patch("/communities/kisumu-manyatta", { liquidity_budget: budget }).gives(200);
    const waste = {
      code: "WASTE",
      value: 3,
      unit: { en: "5 kg", sw: "kilo 5", luo: "kilo 5" },
      units_max: 20,
      name: { en: "Sorted waste", sw: "Taka zilizotengwa", luo: "Yugi mopogi" },
    };
    const cap = { count: 2, days: 7 };

    test("near to it everything is approved, with a warning", async () => {
      // 15 SoCC outstanding, at 8.50.
      await budgetIs("150");
      const { id } = await draft({ deeds: [{ ...dump, value: 30, cap }] });
      await boss.post(`${changes}/${id}/approve`).gives(200, { liquidity: { state: "warned" } });
    });

    test("no value is raised to where it would be", async () => {
      await refused({ cash_out_value: "10.50" });
      await approved({ cash_out_value: "9.50" });
      await approved({ cash_out_value: "8.50" });
    });

    test("no deed is added, made dearer or less capped", async () => {
      await budgetIs("100");
      await refused({ deeds: [{ ...drain, code: "DITCH" }] });
      await refused({ deeds: [{ ...dump, value: 31, cap }] });
      await refused({ deeds: [{ ...dump, value: 30, value_max: 40, cap }] });
      await refused({ deeds: [{ ...dump, value: 30 }] });
      await refused({ deeds: [{ ...dump, value: 30, cap: { count: 1, days: 3 } }] });
      await refused({ deeds: [{ ...waste, units_max: 21 }] });
      await refused({ deeds: [{ ...waste, unit: { ...waste.unit, en: "1 kg" } }] });
      await refused({ cash_out_value: "8.60" });
      // Without cash a SoCC is counted at its notional value, which is 10.
      await refused({ cash_out_value: null });
    });

    test("nor on the day of a change that was approved before", async () => {
      await budgetIs("1000");
      const ditch = { ...drain, code: "DITCH" };
      const { id } = await approved({ deeds: [ditch], effective_at: day(1) });
      await budgetIs("100");
      world.clock.moveOn({ days: 1 });
      await applyDueChanges(world.db, world.clock.now(), never);
      const reason = "Did not fit on its day: the partner's budget is used up";
      await women.get(`${changes}/${id}`).gives(200, { status: "returned", reason });
    });

    test("what brings relief is approved", async () => {
      await approved({ deeds: [{ ...dump, value: 30, cap: { count: 4, days: 30 } }] });
      await approved({ deeds: [{ ...dump, value: 20, cap: { count: 1, days: 30 } }] });
      await approved({
        deeds: [{ ...waste, name: { ...waste.name, en: "Waste" }, units_max: 10 }],
      });
      await approved({ cash_out_value: "8" });
      await approved({ retire_deeds: ["DUMP"] });
      // As much relief as it takes lets in what would be refused otherwise.
      await approved({ cash_out_value: "6", deeds: [{ ...drain, code: "DITCH" }] });
    });
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
      stock: 10,
      stock_given: 10,
    });
  });
});
