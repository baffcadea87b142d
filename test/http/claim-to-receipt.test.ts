import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";

describe("a deed, from the dialled code to the receipt", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test("Achieng claims, Grace confirms by text and PIN, both have receipts", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    const grace = world.phoneOf("Grace Akinyi");

    await achieng
      .dials()
      .sees("SoCC Kisumu Manyatta")
      .presses("2")
      .sees("1. Sorted waste 3")
      .presses("1")
      .sees("3 SoCC per 5 kg")
      .presses("4")
      .sees("Sorted waste, 12 SoCC")
      .presses("1")
      .ends(/Claim [A-Z0-9]{4} sent: 12 SoCC/);

    const [, code = ""] = await grace.receives(
      /Achieng Otieno claims Sorted waste, 12 SoCC.*OK (\w{4})/,
    );
    expect(await grace.texts(`ok ${code.toLowerCase()}, 4826.`)).toBe(200);

    await grace.receives(/^S[0-9A-Z]{7} Confirmed: claims 1, 12 SoCC.*Delete your text/);
    await achieng.receives(
      /^S\w{7} Confirmed\. You earned 12 SoCC \(Sorted waste\) 14\/3\/26 5:40PM\. Community \+2\. Balance 12\. Help/,
    );
    await achieng
      .dials("*384*2255*1#")
      .ends(/Balance 12 SoCC\.\nLast: 14\/3 \+12\nCommunity cache 2\./);
    expect(await world.verifyBooks()).toMatchObject({ ok: true, journals: 1, entries: 4 });
  });

  test("what is left over from one commSoCC counts towards the next", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.dials().presses("2", "5", "1").ends("Claim");
    await world.phoneOf("Baraka Mwangi").dials().presses("8", "1", "1", "9517").ends("SoCC 8");
    // 12 earned 2 and left 2; 2 + 8 earn 2 more.
    await achieng.receives(/You earned 8 SoCC .* Community \+2\. Balance 20\./);
    await achieng.dials("*384*2255*1#").ends("Community cache 4.");
  });

  test("each sees the menu in their own language", async () => {
    await world.phoneOf("Wanjiku Kamau").dials().sees("1. Salio, Kitabu cha SoCC");
    await world.phoneOf("Ouma Odhiambo").dials().sees("2. Kwa tim");
  });

  test("a rejection carries its reason to the member", async () => {
    const wanjiku = world.phoneOf("Wanjiku Kamau");
    const grace = world.phoneOf("Grace Akinyi");
    await wanjiku.dials().presses("2", "3", "1").ends("Dai");
    const [, code = ""] = await grace.receives(/Wanjiku Kamau claims.*OK (\w{4})/);
    await grace.texts(`NO ${code} nobody saw it 4826`);
    await wanjiku.receives(
      new RegExp(`Dai ${code} \\(Zamu ya bustani\\) halikuthibitishwa: nobody saw it`),
    );
    await grace.texts(`OK ${code} 4826`);
    await grace.receives(new RegExp(`Claim ${code} is not waiting`));
  });

  test("several claims are confirmed by one text", async () => {
    const ouma = world.phoneOf("Ouma Odhiambo");
    const grace = world.phoneOf("Grace Akinyi");
    await ouma.dials().presses("2", "4", "1").ends("Kwayo");
    await ouma.dials().presses("2", "6", "1").ends("Kwayo");
    await grace.receives(/Ouma Odhiambo claims Girls' safety watch/);
    await grace.receives(/Ouma Odhiambo claims Data-collection day/);
    const codes = grace
      .inbox()
      .flatMap((text) => /Ouma Odhiambo claims.*OK (\w{4})/.exec(text)?.[1] ?? []);
    await grace.texts(`OK ${codes.join(" ")} 4826`);
    await grace.receives(/Confirmed: claims 2, 22 SoCC/);
    await ouma.receives(/SoCC 10 .* Balans 22\./);
  });

  test("nobody confirms their own claim", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    await grace.dials().presses("2", "3", "1").ends("Claim");
    const [, code = ""] = await world.phoneOf("Baraka Mwangi").receives(/Grace Akinyi.*OK (\w{4})/);
    await grace.texts(`OK ${code} 4826`);
    await grace.receives(new RegExp(`Claim ${code} is your own`));
    await grace.dials().presses("8").sees("No claim is waiting");
  });
});
