import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { asksIn, balanceOf, newestClaim, type Asks } from "./texting.ts";

// R6, R9 to R11, by text.
describe("earning by text", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld();
    asks = asksIn(world);
  });
  afterAll(() => world.close());

  test("EARN lists the deeds, each by its number, its word and what it is worth", async () => {
    expect(await asks("Achieng Otieno", "earn")).toBe(
      "Text CLAIM and a word: 1 WASTE 3/5 kg, 2 DUMP 15, 3 GARDEN 10, 4 WATCH 12, 5 HYGIENE 8, 6 DATA 10",
    );
  });

  test.for([
    ["CLAIM WASTE 4", 12],
    ["claim, waste 4.", 12],
    ["claim waste", 3],
    ["Claim 1 2", 6],
    ["CLIAM GARDEN", 10],
    ["CLAIM GARDN", 10],
    ["DAI 3", 10],
  ] as const)("%s is a claim of %d SoCC", async ([text, value]) => {
    const answer = await asks("Achieng Otieno", text);
    expect(answer).toMatch(new RegExp(`^Claim \\w{4} sent: ${value} SoCC`));
  });

  test.for([
    ["CLAIM", "Please add the deed's word: CLAIM deed number"],
    ["CLAIM DANCING", "There is no such deed. Text EARN for the menu."],
    ["CLAIM 9", "There is no such deed. Text EARN for the menu."],
    ["CLAIM WASTE four", "We could not read the number. Please text: CLAIM deed number"],
    ["CLAIM WASTE 0", "We could not read the number. Please text: CLAIM deed number"],
    ["CLAIM WASTE 5000", /^WASTE: from 1 to \d+\. Please text CLAIM/],
    ["CLAIM GARDEN 2", "GARDEN counts once each time. Please text it without a number."],
    ["CLAIM GARDEN 1 1 1", "Too many words. Please text: CLAIM deed number"],
  ] as const)("%s claims nothing and says why", async ([text, why]) => {
    const before = await newestClaim(world);
    expect(await asks("Achieng Otieno", text)).toMatch(why);
    expect(await newestClaim(world)).toBe(before);
  });

  test("the same text delivered again is one claim", async () => {
    const id = randomUUID();
    expect(await asks("Wanjiku Kamau", "CLAIM DUMP", id)).toMatch(/^Dai \w{4}/);
    expect(await asks("Wanjiku Kamau", "CLAIM DUMP", id)).toBe("");
    const claims = await world.db
      .selectFrom("claim")
      .select("once")
      .where("once", "=", `text:${id}`)
      .execute();
    expect(claims).toHaveLength(1);
  });

  test("a manager lists what waits, but not their own, and confirms by code", async () => {
    const ouma = await asks("Ouma Odhiambo", "CLAIM HYGIENE");
    const code = /[A-Z][A-Z0-9]{3}/.exec(ouma.replace("Kwayo", ""))?.[0] ?? "";
    await asks("Grace Akinyi", "CLAIM DATA");
    const own = await newestClaim(world);
    const list = await asks("Grace Akinyi", "LIST");
    expect(list).toMatch(/^Claims: WASTE: \d+ \(\d+\), .*HYGIENE: 1 \(8\)\./);
    expect(list).not.toContain("DATA");
    expect(await asks("Grace Akinyi", "LIST HYGIENE")).toContain(`${code} Ouma Odhiambo 8`);
    expect(list).not.toContain(own);
    expect(list.length).toBeLessThanOrEqual(160);
    expect(await asks("Grace Akinyi", `OK ${code} 4826`)).toMatch(
      /Confirmed: claims 1, 8 SoCC in all.*Delete your text/,
    );
    expect(await balanceOf(world, "Ouma Odhiambo")).toBe(8);
    expect(await asks("Grace Akinyi", `OK ${own} 4826`)).toMatch(`Claim ${own} is your own`);
  });

  test("a member's balance and book come by text", async () => {
    expect(await asks("Ouma Odhiambo", "BAL")).toMatch(/\b8\b.*14\/3 \+8/);
    expect(await asks("Achieng Otieno", "book")).toBe("SoCC Book: -. Balance 0 SoCC.");
    for (let at = 0; at < 14; at += 1) await world.earned("Achieng Otieno", 1000 + at);
    const book = await asks("Achieng Otieno", "BOOK");
    expect(book).toMatch(/^SoCC Book: \d+\/\d+ \+1013, .* \+10\d\d\. Balance 14091 SoCC\.$/);
    expect(book.length).toBeLessThanOrEqual(160);
  });

  test("only a manager lists, confirms, records and enrols", async () => {
    for (const text of ["LIST", "OK K7Q2 2580", "NO K7Q2 late 2580", "DEED 0711000102 DUMP 2580"])
      expect(await asks("Achieng Otieno", text)).toMatch(/^Only a manager can do that\./);
    expect(await asks("Achieng Otieno", "ENROL 0711000888 Asha Ali 2580")).toMatch(/^Only a mana/);
  });

  test("a manager records a deed, also by a spaced number; never for their own", async () => {
    const before = await balanceOf(world, "Wanjiku Kamau");
    expect(await asks("Grace Akinyi", "DEED 0711 000 102 WASTE 4 4826")).toMatch(
      /^S\w{7} Recorded: 12 SoCC/,
    );
    expect(await asks("Grace Akinyi", "DEED +254711000102 3 4826")).toMatch(/Recorded: 10 SoCC/);
    expect(await balanceOf(world, "Wanjiku Kamau")).toBe(before + 22);
    expect(await asks("Grace Akinyi", "DEED 0711000104 DUMP 4826")).toMatch(/^Another manager/);
    expect(await asks("Grace Akinyi", "DEED 0711000999 DUMP 4826")).toMatch(/^Nobody here has/);
    expect(await asks("Grace Akinyi", "DEED 0711000106 DUMP 4826")).toMatch(/^Nobody here has/);
    expect(await asks("Grace Akinyi", "DEED 0711000108 DUMP 4826")).toMatch(
      /^At this number: Mary Atieno, Akoth Atieno\. Text DEED/,
    );
    expect(await asks("Grace Akinyi", "DEED 071100 DUMP 4826")).toMatch(
      /^We could not read the phone number/,
    );
  });

  test("a vendor does not earn, and is shown what a vendor can do", async () => {
    expect(await asks("Okello Solar", "CLAIM DUMP")).toMatch(/^DONE code key hands over/);
    expect(await asks("Okello Solar", "EARN")).toMatch(/^DONE code key hands over/);
  });

  test("the books stay right", async () => {
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});

describe("in Madurai, with texts only", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld({ community: "madurai-ward" });
    asks = asksIn(world);
  });
  afterAll(() => world.close());

  test("a cap is told, and when there is more", async () => {
    for (let at = 0; at < 4; at += 1)
      expect(await asks("Selvi Raman", "KORU TREE")).toMatch(/\b15\b/);
    expect(await asks("Selvi Raman", "KORU TREE")).toMatch(/\b90\b.*\b4\b/);
  });

  test("the menu is read in Tamil by names and numbers, and claimed by number", async () => {
    const menu = await asks("Meena Kumari", "செயல்");
    expect(menu).toMatch(/1 தெரு சுத்தம் 10, .*6 முதியோர் உதவி 8/);
    expect(menu.length).toBeLessThanOrEqual(134);
    expect(await asks("Meena Kumari", "கோரு 5 2")).toMatch(/\b10 SoCC/);
    expect(await asks("Meena Kumari", "koru tutor 2")).toMatch(/\b10 SoCC/);
  });
});
