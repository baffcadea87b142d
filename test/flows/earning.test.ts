import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";

// R6, R9 to R11.
describe("earning", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test("a cap is told before anything is claimed in vain, and frees itself", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng
      .dials("*384*2255*2*5#")
      .sees("You can do this 2 more times in 30 days.")
      .presses("1")
      .ends("Claim");
    await world.timePasses({ days: 1 });
    await achieng.dials("*384*2255*2*5#").sees("1 more times").presses("1").ends("Claim");
    await achieng
      .dials("*384*2255*2*5#")
      .ends("This deed counts 2 times in 30 days. You can claim it again on 13/4.");
    await world.timePasses({ days: 30 });
    await achieng.dials("*384*2255*2*5#").sees("Hygiene training, 8 SoCC");
  });

  test("what nobody decides on expires after fourteen days, and the member is told", async () => {
    await world.phoneOf("Achieng Otieno").receives(/^Claim \w{4} \(Hygiene training\) has expired/);
    await world.phoneOf("Grace Akinyi").dials().presses("8").sees("No claim is waiting");
  });

  test("six people of one clean-up are confirmed at once", async () => {
    for (const name of ["Achieng Otieno", "Wanjiku Kamau", "Ouma Odhiambo"])
      await world.phoneOf(name).dials().presses("2", "3", "1").ends(/^END/);
    const shared = world.phoneOf("Mary Atieno");
    await shared.dials().presses("1", "2", "3", "1").ends(/^END/);
    await shared.dials().presses("2", "2", "3", "1").ends(/^END/);
    await world.phoneOf("Baraka Mwangi").dials().presses("2", "3", "1").ends(/^END/);
    await world.phoneOf("Achieng Otieno").dials().presses("2", "4", "1").ends("Claim");
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("8")
      .sees("1. Kitchen garden shift: 6, 60\n2. Girls' safety watch: 1, 12")
      .presses("1")
      .sees("1. All 6 60\n2. Achieng Otieno 10")
      .presses("1")
      .sees("All 6: Kitchen garden shift, 60 SoCC\n1. Confirm\n2. Reject")
      .presses("1", "4826")
      .ends("Confirmed: 6 claims, 60 SoCC");
    await world.phoneOf("Achieng Otieno").receives(/You earned 10 SoCC .* Balance 10\./);
    await world.phoneOf("Ouma Odhiambo").receives(/10/);
    expect(await world.verifyBooks()).toMatchObject({ ok: true, journals: 6 });
  });

  test("a rejection carries a reason in the member's own language", async () => {
    const wanjiku = world.phoneOf("Wanjiku Kamau");
    await wanjiku.dials().presses("2", "6", "1").ends("Dai");
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("8", "2")
      .sees("Wanjiku Kamau: Data-collection day, 10 SoCC")
      .presses("2")
      .sees("Why? The member is told.\n1. Nobody saw it")
      .presses("1", "4826")
      .ends("Rejected: 1 claims");
    const stored = await world.db.selectFrom("claim").select("reason").execute();
    expect(stored.map(({ reason }) => reason)).toContain("not-seen");
    await wanjiku.receives(/Dai \w{4} \(Siku ya takwimu\)/);
  });

  test("a manager records a deed for a member found by name or number", async () => {
    const ouma = world.phoneOf("Ouma Odhiambo");
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("9", "1", "zzz")
      .sees("Nobody found")
      .presses("o")
      .sees("Nobody found")
      .presses("ouma")
      .sees("Which deed?")
      .presses("1", "3")
      .sees("Ouma Odhiambo (..103): Sorted waste, 9 SoCC")
      .presses("1", "4826")
      .ends("Recorded: 9 SoCC");
    await ouma.receives(/9/);
    await ouma.dials("*384*2255*1#").ends("19");
  });

  test("but not for themselves, and neither confirm what is theirs or their household's", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    await grace.dials().presses("9", "1", "grace", "3", "1", "4826").ends("Another manager");
    await world.db
      .updateTable("member")
      .set((eb) => ({
        guardian_id: eb
          .selectFrom("member as g")
          .select("g.id")
          .where("g.name", "=", "Grace Akinyi"),
      }))
      .where("name", "=", "Akoth Atieno")
      .execute();
    await world.phoneOf("Mary Atieno").dials().presses("2", "2", "4", "1").ends(/^END/);
    await grace.dials().presses("8").sees("Girls' safety watch: 1, 12");
    const { code } = await world.db
      .selectFrom("claim")
      .innerJoin("member", "member.id", "claim.member_id")
      .select("claim.code")
      .where("claim.state", "=", "waiting")
      .where("member.name", "=", "Akoth Atieno")
      .executeTakeFirstOrThrow();
    await grace.texts(`OK ${code} 4826`);
    await grace.receives(new RegExp(`Claim ${code} is your own`));
  });

  test("a member cannot reach what managers do, whatever is dialled", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.dials("*384*2255*8#").sees("Pick a number shown");
    await achieng.dials("*384*2255*9*2#").sees(/^CON (?!.*Enrol)/s);
  });

  test("nor what another account of their phone claims, which whoever holds it could have claimed", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    await grace
      .dials()
      .presses("9", "2", "0711000104", "Rose Akinyi", "1", "4826")
      .ends("enrolled");
    await grace.dials().presses("2", "1", "5086", "5086").ends("Your PIN is set");
    await grace.dials().presses("2", "2", "4", "1").ends("sent");
    await grace.dials().presses("1", "8").sees("Girls' safety watch: 1, 12");
    await world.phoneOf("Baraka Mwangi").dials().presses("8").sees(": 3, 36");
    const [, code = ""] = await world
      .phoneOf("Baraka Mwangi")
      .receives(/Rose Akinyi.* (\w{4}) PIN/);
    await grace.texts(`OK ${code} 4826`);
    await grace.receives(new RegExp(`Claim ${code} is your own`));
  });
});
