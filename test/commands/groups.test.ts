import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { asksIn, balanceOf, type Asks } from "./texting.ts";

// R16 and R25: all that a group does by dialling, by text.
describe("a group by text", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld();
    asks = asksIn(world);
    await world.earned("Achieng Otieno", 200);
  });
  afterAll(() => world.close());

  test("is enrolled by a manager on the phone of its treasurer, and given a PIN", async () => {
    expect(await asks("Achieng Otieno", "GROUP 0711000102 Clean-up Club 2580")).toMatch(
      "Only a manager can do that",
    );
    expect(await asks("Grace Akinyi", "GROUP 0711 000 102 Clean-up Club 4826")).toMatch(
      /^Clean-up Club is enrolled/,
    );
    expect(await asks("Grace Akinyi", "GROUP 0711000102 clean-up club 4826")).toMatch(
      /^Clean-up Club is here already/,
    );
    expect(await asks("Wanjiku Kamau", "PIN 5086 5086")).toMatch(/PIN yako imewekwa/);
  });

  test("is sent to by a word of its name, where a number is several's", async () => {
    const several =
      /^At this number: Wanjiku Kamau, Clean-up Club\. Text SEND phone name amount PIN/;
    expect(await asks("Achieng Otieno", "SEND 0711000102 60 2580")).toMatch(several);
    expect(await asks("Achieng Otieno", "SEND 0711000102 Grace 60 2580")).toMatch(several);
    const asked = await asks("Achieng Otieno", "SEND 0711 000 102 club 60 2580");
    expect(asked).toMatch(/^60 SoCC to Clean-up Club \(\.\.102\)\?/);
    const [, word = ""] = /text SEND (\w{4})/.exec(asked) ?? [];
    expect(await asks("Achieng Otieno", `SEND ${word}`)).toMatch(
      /Sent 60 SoCC from Achieng Otieno to Clean-up Club/,
    );
    expect(await asks("Achieng Otieno", "SEND 0711000102 Clean-up 5 2580")).toMatch(
      /Sent 5 SoCC from Achieng Otieno to Clean-up Club/,
    );
    // A name that is not the number's sends to nobody, also where it serves only one.
    expect(await asks("Achieng Otieno", "SEND 0711000103 Wanjiku 5 2580")).toMatch(
      /^At this number: Ouma Odhiambo\./,
    );
    expect(await balanceOf(world, "Clean-up Club")).toBe(65);
  });

  test("is asked for by name, and spends with its own PIN", async () => {
    expect(await asks("Wanjiku Kamau", "BAL")).toMatch(/^Salio SoCC 0/);
    expect(await asks("Wanjiku Kamau", "SALIO club")).toMatch(/^Salio SoCC 65/);
    expect(await asks("Wanjiku Kamau", "KITABU Clean-up")).toMatch(/65/);
    expect(await asks("Wanjiku Kamau", "BAL Umoja")).toMatch(/jina/);
    // The reminder is cut to what the segment of the code has room for.
    expect(await asks("Wanjiku Kamau", "AGIZA SCHOOL 5086")).toMatch(
      /SoCC 20 .* Futa ujumbe wako\.$/,
    );
    expect(await balanceOf(world, "Clean-up Club")).toBe(45);
    const asked = await asks("Wanjiku Kamau", "TUMA 0711000103 5 5086");
    const [, word = ""] = /TUMA (\w{4})/.exec(asked) ?? [];
    expect(await asks("Wanjiku Kamau", `TUMA ${word}`)).toMatch(/5/);
    expect(await balanceOf(world, "Clean-up Club")).toBe(40);
  });

  test("a claim on its phone is its keeper's, and on a phone of its own nobody's", async () => {
    await asks("Wanjiku Kamau", "DAI DUMP");
    const claims = await world.db
      .selectFrom("claim")
      .innerJoin("member", "member.id", "claim.member_id")
      .select("member.name")
      .execute();
    expect(claims).toEqual([{ name: "Wanjiku Kamau" }]);
    expect(await asks("Umoja Savings Group", "CLAIM DUMP")).toMatch(/^BAL balance\. SHOP/);
    expect(await asks("Umoja Savings Group", "HELP")).toMatch(/^BAL balance\. SHOP/);
    expect(await asks("Umoja Savings Group", "CASHOUT 5 7305")).toMatch(/Only a vendor/);
    expect(await asks("Grace Akinyi", "DEED 0711000109 DUMP 4826")).toMatch(/^Nobody here/);
    expect(await asks("Grace Akinyi", "DEED 0711000102 GARDEN 4826")).toMatch(/Recorded: 10/);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});
