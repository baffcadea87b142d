import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { balanceOf } from "../commands/texting.ts";
import type { Phone } from "../support/phone.ts";
import { openWorld, type World } from "../support/world.ts";

// R16: a group has a name, an account and a PIN of its own, on the phone of who keeps it.
describe("a group", () => {
  let world: World;
  let grace: Phone, wanjiku: Phone, achieng: Phone;
  beforeAll(async () => {
    world = await openWorld();
    grace = world.phoneOf("Grace Akinyi");
    wanjiku = world.phoneOf("Wanjiku Kamau");
    achieng = world.phoneOf("Achieng Otieno");
    await world.earned("Achieng Otieno", 200);
  });
  afterAll(() => world.close());

  test("is enrolled by a manager on the phone of its treasurer, who chooses its PIN", async () => {
    await grace
      .dials()
      .presses("9", "2", "0711000102", "Clean-up Club")
      .sees("Enrol Clean-up Club (..102):\n1. As a member\n2. As a group")
      .presses("2", "4826")
      .ends("Clean-up Club is enrolled");
    // In the keeper's language.
    await wanjiku.receives(/Clean-up Club sasa ni kikundi cha SoCC.*\*384\*2255#/);
    await wanjiku.dials().sees("1. Wanjiku Kamau\n2. Clean-up Club").presses("2", "1").sees("PIN");
    await wanjiku.dials().presses("2", "1", "5086", "5086").ends(/^END /);
    const kinds = await world.db
      .selectFrom("ledger.account as a")
      .innerJoin("member as m", "m.id", "a.id")
      .select(["a.kind", "m.roles", "m.guardian_id"])
      .where("m.name", "=", "Clean-up Club")
      .execute();
    expect(kinds).toMatchObject([{ kind: "group", roles: ["group"] }]);
    expect(kinds[0]?.guardian_id).not.toBeNull();
  });

  test("is sent to by its name, and both have receipts", async () => {
    await achieng
      .dials()
      .presses("4", "0711000102")
      .sees("1. Wanjiku Kamau ..102\n2. Clean-up Club ..102")
      .presses("2", "60")
      .sees("Send 60 SoCC to Clean-up Club (..102)")
      .presses("1", "2580")
      .ends("Sent 60 SoCC to Clean-up Club. Balance 140.");
    await achieng.receives(/Sent 60 SoCC from Achieng Otieno to Clean-up Club/);
    await wanjiku.receives(/60.*Achieng Otieno.*Clean-up Club/);
  });

  test("sees its balance, sends and redeems with its own PIN, and claims nothing", async () => {
    const club = () => wanjiku.dials().presses("2");
    await club()
      .sees(/^(?!.*Dai tendo)/s)
      .sees("3.")
      .presses("2")
      .sees(/^CON /);
    await club().presses("1").ends("60");
    await club().presses("4", "0711000103", "5", "1", "3691").sees("PIN");
    await club().presses("4", "0711000103", "5", "1", "5086").ends(/5/);
    await club().presses("3", "1", "1", "5086").ends(/35/);
    expect(await balanceOf(world, "Clean-up Club")).toBe(35);
    // A household and deeds are a person's.
    await club()
      .presses("6")
      .sees("7.")
      .sees(/^(?!.*\n6\.)/s);
    await grace.dials().presses("9", "1", "clean").sees("Nobody found");
    await grace.dials().presses("9", "1", "0711000102").sees("Sorted waste");
    const claims = await world.db.selectFrom("claim").selectAll().execute();
    expect(claims).toEqual([]);
  });

  test("whose keeper is a manager is another manager's to decide on (R10)", async () => {
    await grace
      .dials()
      .presses("9", "2", "0711000104", "Umoja Wetu", "2", "4826")
      .ends("is enrolled");
    await grace.dials().presses("2", "1", "5097", "5097").ends("Your PIN is set");
    await world.earned("Umoja Wetu", 50);
    await grace.dials().presses("2", "3", "1", "1", "5097").ends("is ordered");
    const own = () => grace.dials().presses("1");
    await own().presses("9", "4", "wetu").sees("No open order found");
    await own().presses("9", "4", "clean").sees("Clean-up Club has");
    await own().presses("9", "5", "wetu", "1", "4826").ends("Another manager must do that");
    await own().presses("9", "7", "wetu", "0711000105", "1", "4826").ends("Another manager must");
  });

  test("passes to another keeper by a change of number, and goes along when its keeper moves", async () => {
    const keeperOf = async (name: string) => {
      const { phone, keeper } = await world.db
        .selectFrom("member as m")
        .leftJoin("member as k", "k.id", "m.guardian_id")
        .select(["m.phone", "k.name as keeper"])
        .where("m.name", "=", name)
        .executeTakeFirstOrThrow();
      return [phone, keeper];
    };
    const baraka = world.phoneOf("Baraka Mwangi");
    await baraka
      .dials()
      .presses("9", "7", "clean", "0711000103", "1", "9517")
      .ends("Clean-up Club");
    await world.timePasses({ days: 3 });
    expect(await keeperOf("Clean-up Club")).toEqual(["+254711000103", "Ouma Odhiambo"]);
    // The old keeper moves without it, the new one with it.
    await baraka.dials().presses("9", "7", "wanjiku", "0711000411", "1", "9517").ends("..411");
    await baraka.dials().presses("9", "7", "ouma", "0711000412", "1", "9517").ends("..412");
    await world.timePasses({ days: 3 });
    expect(await keeperOf("Clean-up Club")).toEqual(["+254711000412", "Ouma Odhiambo"]);
    expect(await keeperOf("Wanjiku Kamau")).toEqual(["+254711000411", null]);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});
