import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { asksIn, balanceOf, newestClaim, type Asks } from "./texting.ts";

// R28: after ninety days of silence a manager's number may be somebody else's, by text as by dialling.
describe("a manager who was silent for long", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld();
    asks = asksIn(world);
    await world.earned("Achieng Otieno", 200);
  });
  beforeEach(() => {
    world.clock.moveOn({ days: 91 });
  });
  afterAll(() => world.close());

  const away = /^You have been away for long\. Text LIST name PIN with your first name/;
  const claimed = async (): Promise<string> => {
    await asks("Achieng Otieno", "CLAIM GARDEN");
    return await newestClaim(world);
  };
  const ordered = async (): Promise<string> => {
    await asks("Achieng Otieno", "REDEEM SCHOOL Achieng 2580");
    const [, code = ""] = await world.phoneOf("Mama Njeri Shop").receives(/\b(\d{6})\b/);
    return code;
  };

  test("moves no value by a PIN alone, whatever it was used for before", async () => {
    const before = await balanceOf(world, "Achieng Otieno");
    const claim = await claimed();
    await asks("Grace Akinyi", "KEEP 4826");
    expect(await asks("Grace Akinyi", `OK ${claim} 4826`)).toMatch(away);
    expect(await asks("Grace Akinyi", "DEED 0711000101 GARDEN 4826")).toMatch(away);
    expect(await asks("Grace Akinyi", "DEED 0711000101 GARDEN Achieng 4826")).toMatch(away);
    expect(await asks("Grace Akinyi", "DONE 123456 4826")).toMatch(away);
    expect(await asks("Grace Akinyi", "DONE 0711000101 4826")).toMatch(away);
    expect(await asks("Grace Akinyi", "OK GARDEN ALL 4826")).toMatch(away);
    expect(await asks("Grace Akinyi", "OK S0000000 4826")).toMatch(away);
    expect(await asks("Grace Akinyi", "LIST Mallory 4826")).toMatch(away);
    expect(await asks("Grace Akinyi", "LIST Grace 4827")).toMatch(/^Wrong PIN/);
    expect(await asks("Grace Akinyi", `OK ${claim} 4826`)).toMatch(away);
    expect(await balanceOf(world, "Achieng Otieno")).toBe(before);
  });

  test("says who they are with LIST, and goes on as before", async () => {
    const claim = await claimed();
    expect(await asks("Grace Akinyi", "list grace 4826")).toContain(claim);
    expect(await asks("Grace Akinyi", `OK ${claim} 4826`)).toMatch(/Confirmed: claims 1/);
    expect(await asks("Grace Akinyi", "DEED 0711000102 GARDEN 4826")).toMatch(/Recorded/);
    expect(await asks("Grace Akinyi", `DONE ${await ordered()} 4826`)).toMatch(/Settled/);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("is asked for the name before the PIN by dialling", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    await claimed();
    await grace
      .dials()
      .presses("8", "1", "1")
      .sees("You have been away for long")
      .presses("Mallory")
      .sees("Not the first name")
      .presses("Grace", "4826")
      .ends("Confirmed");
    world.clock.moveOn({ days: 91 });
    const record = ["9", "1", "0711000102", "2", "1"] as const;
    await grace
      .dials()
      .presses(...record)
      .sees("away for long");
    await ordered();
    await grace
      .dials()
      .presses("9", "4", "0711000101", "1")
      .sees("away for long")
      .presses("Grace", "4826")
      .ends("Settled");
    // Known again, and asked no more.
    await grace
      .dials()
      .presses(...record, "4826")
      .ends("Recorded");
  });

  test("decides on no dispute either until the name is said", async () => {
    const answer = await asks("Achieng Otieno", "SEND 0711000102 5 Achieng 2580");
    const [, word = ""] = /SEND (\w{4})/.exec(answer) ?? [];
    const [receipt = ""] = /S\w{7}/.exec(await asks("Achieng Otieno", `SEND ${word}`)) ?? [];
    await asks("Achieng Otieno", `DISPUTE ${receipt} wrong number`);
    expect(await asks("Grace Akinyi", `OK ${receipt} 4826`)).toMatch(away);
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("9", "8", "1", "1")
      .sees("away for long")
      .presses("Grace", "4826")
      .ends("The partner decides too");
  });
});
