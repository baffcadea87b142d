import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminOf, keyFor, overseer, type Admin } from "../support/admin.ts";
import { raiseDisputes } from "../support/disputes.ts";
import { openWorld, type World } from "../support/world.ts";

const kisumu = "/communities/kisumu-manyatta";

interface Alert {
  readonly id: string;
  readonly kind: string;
}

describe("what a partner is told to look at", () => {
  let world: World;
  let women: Admin;
  beforeAll(async () => {
    world = await openWorld();
    women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
  });
  afterAll(() => world.close());

  const alerts = async (query = ""): Promise<readonly Alert[]> =>
    ((await women.get(`${kisumu}/alerts${query}`).gives(200)) as { items: Alert[] }).items;

  test("a dispute, and a budget that is nearly used up, each while it lasts", async () => {
    await raiseDisputes(world, 1);
    await overseer(world).patch(kisumu, { liquidity_budget: "350.00" }).gives(200);
    await world.earned("Achieng Otieno", 30);
    await world.phoneOf("Achieng Otieno").dials().presses("3", "1", "1", "2580").ends("is ordered");
    const [low, raised] = await alerts("?status=open");
    expect(low).toMatchObject({ kind: "liquidity-low", facts: { budget: "350.00", percent: 90 } });
    expect(raised).toMatchObject({ kind: "dispute-raised", facts: { moved: -5 } });
    expect(await alerts("?kind=dispute-raised")).toMatchObject([{ id: raised?.id }]);
    expect(await alerts("?until=2026-03-14T00:00:00Z")).toEqual([]);
    const first = (await women.get(`${kisumu}/alerts?limit=1`).gives(200)) as { next: string };
    expect(await alerts(`?cursor=${first.next}`)).toMatchObject([{ id: raised?.id }]);
    await overseer(world).patch(kisumu, { liquidity_budget: "3500.00" }).gives(200);
    await world.phoneOf("Achieng Otieno").dials().presses("2", "2", "1").ends("Claim");
    await world.phoneOf("Grace Akinyi").dials().presses("8", "1", "1", "4826").ends("Confirmed");
    expect(await alerts("?status=ended")).toMatchObject([{ id: low?.id }]);
  });

  test("an alert is read once, and who read it stands in the audit log", async () => {
    const [alert] = await alerts("?kind=dispute-raised");
    const read = () => women.post(`${kisumu}/alerts/${alert?.id ?? ""}/acknowledge`);
    const { acknowledged_at } = (await read().gives(200)) as { acknowledged_at: string };
    await world.timePasses({ minutes: 5 });
    await read().gives(200, { acknowledged_at });
    const { items } = (await women.get("/audit?act=alert.acknowledged").gives(200)) as {
      items: object[];
    };
    expect(items).toMatchObject([{ subject: `alert:${alert?.id ?? ""}` }]);
  });

  test("the facts of a period that may mean fraud, and of no other period", async () => {
    const njeri = world.phoneOf("Mama Njeri Shop");
    for (let tries = 0; tries < 5; tries += 1) await njeri.dials().presses("8", "000000");
    const path = `${kisumu}/fraud-signals`;
    await women.get(path).gives(200, {
      confirmations: [{ day: "2026-03-14", count: 1, total: 15, members: 1 }],
      pairs: [],
      wrong_tries: [{ tries: 5, locks: 1 }],
      without_key: [],
    });
    await women
      .get(`${path}?from=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z`)
      .gives(200, { from: "2026-01-01T00:00:00.000Z", confirmations: [], wrong_tries: [] });
    await women
      .get(`${path}?from=2024-01-01T00:00:00Z`)
      .gives(400, { errors: [{ field: "from" }] });
    await women
      .get(`${path}?from=2027-01-01T00:00:00Z`)
      .gives(400, { errors: [{ field: "from" }] });
  });
});
