import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Phone } from "../support/phone.ts";
import { query } from "../support/servers.ts";
import { openWorld, type World } from "../support/world.ts";

// R8. A SoCC is worth KES 9 in Kisumu.
describe("the partner's budget", () => {
  let world: World;
  let achieng: Phone, wanjiku: Phone, grace: Phone, baraka: Phone;
  beforeAll(async () => {
    world = await openWorld();
    achieng = world.phoneOf("Achieng Otieno");
    wanjiku = world.phoneOf("Wanjiku Kamau");
    grace = world.phoneOf("Grace Akinyi");
    baraka = world.phoneOf("Baraka Mwangi");
    await budgetIs(1000);
    await world.earned("Achieng Otieno", 70);
  });
  afterAll(() => world.close());

  /** As its partner sets it: the service itself changes no community yet. */
  const budgetIs = (budget: number | null) =>
    query(world.database_url, `update community set liquidity_budget = ${budget ?? "null"}`);
  const alerts = () =>
    world.db
      .selectFrom("alert")
      .select(["kind", "facts", "ended_at"])
      .orderBy("at")
      .orderBy("id")
      .execute();
  const toldOf = (phone: Phone, what: RegExp) =>
    phone.inbox().filter((text) => what.test(text)).length;

  test("below 80 % nobody is told anything", async () => {
    await wanjiku.dials().presses("2", "3", "1").ends("Dai");
    await grace.dials().presses("8", "1", "1", "4826").ends("Confirmed: 1 claims, 10 SoCC");
    expect(await alerts()).toEqual([]);
  });

  test("past 80 % all goes on; managers and partner are warned, once", async () => {
    for (let claims = 0; claims < 2; claims += 1) {
      await wanjiku.dials().presses("2", "3", "1").ends("Dai");
      await grace.dials().presses("8", "1", "1", "4826").ends("Confirmed");
    }
    await grace.receives(/all SoCCs are worth 81% of the partner's budget/);
    await baraka.receives(/81%/);
    await achieng.dials().presses("3", "1", "1", "2580").ends("is ordered");
    expect(await alerts()).toMatchObject([
      {
        kind: "liquidity-low",
        ended_at: null,
        facts: { outstanding: 80, adding: 10, budget: "1000.00", percent: 81 },
      },
    ]);
    expect(toldOf(grace, /81%|90%/)).toBe(1);
  });

  test("what would reach 100 % is not confirmed: the claims wait, and are confirmed when it is raised", async () => {
    await wanjiku.dials().presses("2", "4", "1").ends("Dai");
    await grace
      .dials()
      .presses("8", "1", "1", "4826")
      .ends("These are 12 SoCC; the partner's budget has room for 11. Nothing was confirmed.");
    const [, code = ""] = await grace.receives(/claims Girls' safety watch.*OK (\w{4})/);
    await grace.texts(`OK ${code} 4826`);
    await grace.receives(/^These are 12 SoCC; the partner's budget has room for 11\. Nothing was/);
    // There is room for less, so nobody else is told that it is used up.
    expect(await alerts()).toMatchObject([{ kind: "liquidity-low", ended_at: null }]);
    expect(toldOf(baraka, /imeisha/)).toBe(0);
    await budgetIs(2000);
    await grace.dials().presses("8", "1", "1", "4826").ends("Confirmed: 1 claims, 12 SoCC");
    expect((await alerts()).every(({ ended_at }) => ended_at !== null)).toBe(true);
  });

  test("a deed recorded meanwhile is kept as a claim, and confirmed later", async () => {
    await budgetIs(1000);
    await grace
      .dials()
      .presses("9", "1", "wanjiku", "3", "1", "4826")
      .ends(/room for 0, so nothing was earned yet\. Claim \w{4} waits until it is raised/);
    await grace.dials().presses("8").sees("Kitchen garden shift: 1, 10");
    await grace.texts("DEED 0711000102 GARDEN 4826");
    await grace.receives(
      /^It is 10 SoCC; the partner's budget has room for 0, so nothing was earned/,
    );
    await baraka.receives(/bajeti ya mshirika imeisha/);
    expect(await alerts()).toMatchObject([
      { kind: "liquidity-low" },
      { kind: "liquidity-reached", facts: { outstanding: 112, adding: 0, percent: 100 } },
    ]);
    // Told once, however often it is tried.
    expect(toldOf(grace, /Kisumu Manyatta: the partner's budget is used up/)).toBe(1);
  });

  test("nothing can be ordered either, but what was ordered is handed over", async () => {
    await achieng
      .dials()
      .presses("3", "2", "1", "2580")
      .ends("The partner's budget is used up, so nothing can be ordered now. Nothing was taken.");
    await achieng.dials().presses("1").ends("Balance 50 SoCC");
    const [, code = "", key = ""] = await achieng.receives(/Code (\d{6})\. Key (\d{5})/);
    await world
      .phoneOf("Mama Njeri Shop")
      .dials()
      .presses("8", code, key)
      .ends(/^END S/);
  });

  test("a claim that waited in vain expires, and its member is told", async () => {
    await world.timePasses({ days: 15 });
    await wanjiku.receives(/^Muda wa dai \w{4} \(Zamu ya bustani\) umeisha/);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("without a budget nothing is compared", async () => {
    await budgetIs(null);
    await achieng.dials().presses("3", "2", "1", "2580").ends("Umbrella is ordered");
  });

  test("approvals at the same moment cross a line once", async () => {
    await budgetIs(3500);
    const before = (await alerts()).length;
    const members = ["Achieng Otieno", "Wanjiku Kamau", "Ouma Odhiambo"];
    for (const name of members)
      for (const deed of ["3", "4", "6"]) await world.phoneOf(name).dials().presses("2", deed, "1");
    await world.earned("Achieng Otieno", 178);
    const codes = await world.db
      .selectFrom("claim")
      .select("code")
      .where("state", "=", "waiting")
      .execute();
    expect(codes).toHaveLength(9);
    await Promise.all(
      codes.map(({ code }, at) =>
        at % 2 === 0 ? baraka.texts(`OK ${code} 9517`) : grace.texts(`OK ${code} 4826`),
      ),
    );
    await grace.receives(/worth [89]\d% of/);
    expect((await alerts()).length).toBe(before + 1);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});
