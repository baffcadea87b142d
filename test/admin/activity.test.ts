import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminOf, keyFor, type Admin } from "../support/admin.ts";
import { askForCash } from "../support/cash-out.ts";
import { unknownTexts } from "../support/texts.ts";
import { eventually, openWorld, type World } from "../support/world.ts";

const kisumu = "/communities/kisumu-manyatta";

interface Items {
  readonly items: readonly Record<string, unknown>[];
}

describe("what happens in a community, over the admin API", () => {
  let world: World;
  let women: Admin;
  beforeAll(async () => {
    world = await openWorld();
    women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
  });
  afterAll(() => world.close());

  const items = async (path: string): Promise<Items["items"]> =>
    ((await women.get(`${kisumu}${path}`).gives(200)) as Items).items;

  test("a claim is listed while it waits and once it is confirmed", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    const grace = world.phoneOf("Grace Akinyi");
    await achieng.dials().presses("2", "2", "1").ends(/Claim/);
    const [waiting] = await items("/claims?status=waiting");
    expect(waiting).toMatchObject({ member: "Achieng Otieno", deed: "DUMP", value: 15 });
    const [, code = ""] = await grace.receives(/OK (\w{4}) PIN/);
    await grace.texts(`OK ${code} ${world.pinOf("Grace Akinyi")}`);
    await achieng.receives(/You earned 15/);
    expect(await items("/claims?status=waiting")).toEqual([]);
    const [confirmed] = await items("/claims?from=2026-03-14T00:00:00Z");
    expect(confirmed).toMatchObject({ status: "confirmed", code });
    expect(await items("/claims?from=2026-03-15T00:00:00Z")).toEqual([]);
  });

  test("its journal is listed, and reversed once: everybody it touched is told", async () => {
    const [journal] = await items("/ledger/journals?kind=earning");
    expect(journal).toMatchObject({ accrued: 3, reversed_by: null, legs: [{}, { amount: 15 }] });
    const path = `${kisumu}/ledger/journals/${String(journal!["id"])}/reverse`;
    await women.post(path, {}).gives(400, { errors: [{ field: "reason" }] });
    await women.post(path, { reason: "wrong member" }).gives(201, {
      kind: "reversal",
      reverses: journal!["id"],
      accrued: -3,
    });
    await world
      .phoneOf("Achieng Otieno")
      .receives(/Corrected: -15 SoCC .* wrong member. Balance 0/);
    await women.post(path, { reason: "again" }).gives(409);
    const [reversal] = await items("/ledger/journals?kind=reversal");
    await women
      .post(`${kisumu}/ledger/journals/${String(reversal!["id"])}/reverse`, { reason: "x" })
      .gives(409);
    const account = (journal!["legs"] as { account_id: string }[])[1]!.account_id;
    expect(await items(`/ledger/journals?account=${account}`)).toHaveLength(2);
    const accounts = await items("/ledger/accounts?limit=200");
    const cache = accounts.find(({ kind }) => kind === "cache")!["id"] as string;
    expect(await items(`/ledger/journals?account=${cache}`)).toMatchObject([
      { kind: "reversal", accrued: -3 },
      { kind: "earning", accrued: 3 },
    ]);
    await women
      .get(`${kisumu}/ledger/journals?account=cache`)
      .gives(400, { errors: [{ in: "query", field: "account" }] });
    expect((await world.verifyBooks()).ok).toBe(true);
  });

  test("a cash-out is paid once, through the ledger, and the vendor has a receipt", async () => {
    const id = await askForCash(world, "Mama Njeri Shop", { has: 100, asks: 60 });
    const [asked] = await items("/cash-outs?status=asked");
    expect(asked).toMatchObject({ id, vendor: "Mama Njeri Shop", amount: 60, cash: "540.00" });
    const paid = `${kisumu}/cash-outs/${id}/paid`;
    const both = await Promise.all([women.post(paid).answer(), women.post(paid).answer()]);
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409]);
    await world.phoneOf("Mama Njeri Shop").receives(/Umelipwa: KES 540.00 kwa SoCC 60 .*Salio 40/);
    expect(await items("/cash-outs?status=paid")).toMatchObject([{ id, status: "paid" }]);
    const audit = (await women.get("/audit?act=cash-out.paid").gives(200)) as Items;
    const [event] = audit.items;
    expect(event).toMatchObject({ subject: `cash-out:${id}`, after: { amount: 60 } });
    expect((await world.verifyBooks()).ok).toBe(true);
  });

  test("accounts and the summary equal the books", async () => {
    const accounts = await items("/ledger/accounts?limit=200");
    const sum = (unit: string): number =>
      accounts
        .filter((account) => account["unit"] === unit)
        .reduce((total, { posted }) => total + Number(posted), 0);
    expect([sum("iSoCC"), sum("commSoCC")]).toEqual([0, 0]);
    expect(accounts.find(({ owner }) => owner === "Mama Njeri Shop")).toMatchObject({
      kind: "vendor",
      posted: 40,
      held: 0,
    });
    await women.get(`${kisumu}/reports/summary`).gives(200, {
      members: { active: 7, managers: 2, vendors: 2 },
      claims: { confirmed: 1 },
      cash_outs: { paid: 1 },
      isoccs: { earned: 0, brought_over: 100, outstanding: 40, settled: 60, with_vendors: 40 },
      commsoccs: { accrued: 0, cache: 0, spent: 0 },
      liquidity: { outstanding_value: "360.00", budget: "250000.00" },
    });
  });

  test("texts are listed with masked numbers", async () => {
    const listed = await items("/messages");
    expect(listed.length).toBeGreaterThan(3);
    expect(listed[0]).toMatchObject({ recipient: "+254*****106", purpose: "receipt" });
    const first = (await women.get(`${kisumu}/messages?limit=1`).gives(200)) as { next: string };
    expect(await items(`/messages?limit=1&cursor=${first.next}`)).toMatchObject([
      { id: listed[1]!["id"] },
    ]);
    await women.get(`${kisumu}/messages?cursor=x`).gives(400, { errors: [{ field: "cursor" }] });
  });

  test("texts have what they cost, and the summary their sum", async () => {
    await eventually(async () => {
      const listed = await items("/messages?limit=200");
      const costs = listed.map(({ cost }) => cost);
      // The simulator takes KES 0.80 for each.
      expect(costs).toEqual(costs.map(() => ({ currency: "KES", amount: "0.8000" })));
      const amount = ((listed.length * 8) / 10).toFixed(4);
      await women.get(`${kisumu}/reports/summary`).gives(200, {
        texts: { texts: listed.length, costs: [{ currency: "KES", amount }] },
      });
    });
  });

  test("a text of which nobody knows is sent again once, or settled", async () => {
    const [lost, found] = await unknownTexts(world, 2);
    await women.post(`${kisumu}/messages/${lost!}/resend`).gives(201);
    await world.phoneOf("Achieng Otieno").receives(/^Balance 12 SoCC\.$/);
    await women.post(`${kisumu}/messages/${lost!}/resend`).gives(409);
    const settle = `${kisumu}/messages/${found!}/settle`;
    await women.post(settle, { as: "lost" }).gives(400, { errors: [{ field: "as" }] });
    await women.post(settle, { as: "delivered" }).gives(200, { status: "delivered" });
    await women.post(settle, { as: "failed" }).gives(409);
  });

  test("redemptions are listed by who ordered them where, without their codes", async () => {
    await world.earned("Achieng Otieno", 60);
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.dials().presses("3", "2", "1", "2580").ends("Umbrella is ordered");
    const [, code = "", key = ""] = await achieng.receives(/Code (\d{6})\. Key (\d{5})/);
    const [ordered, ...others] = await items("/redemptions?status=requested");
    expect(others).toEqual([]);
    expect(ordered).toMatchObject({
      ...{ member: "Achieng Otieno", vendor: "Mama Njeri Shop", reward: "UMBRELLA", amount: 40 },
      ...{ status: "requested", ended_at: null, journal_id: null },
    });
    const told = Object.values(ordered ?? {}).map(String);
    for (const secret of [code, key]) expect(told).not.toContain(secret);
    expect(await items("/redemptions?status=fulfilled")).toEqual([]);
  });
});
