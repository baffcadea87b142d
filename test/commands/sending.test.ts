import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { asksIn, balanceOf, textsKept, type Asks } from "./texting.ts";

// R16, R28.
describe("SEND", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld();
    asks = asksIn(world);
    await world.earned("Achieng Otieno", 700);
  });
  afterAll(() => world.close());

  const transfers = async (): Promise<number> =>
    (
      await world.db
        .selectFrom("ledger.journal")
        .selectAll()
        .where("kind", "=", "transfer")
        .execute()
    ).length;
  const wordIn = (answer: string): string => /text SEND (\w{4})/.exec(answer)?.[1] ?? "";

  test("the first time asks by the recipient's name, and the word sends", async () => {
    const asked = await asks("Achieng Otieno", "SEND 0711 000 102 25 2580");
    expect(asked).toMatch(
      /^25 SoCC to Wanjiku Kamau \(\.\.102\)\? To send it, text SEND \w{4} Delete your text/,
    );
    expect(await balanceOf(world, "Achieng Otieno")).toBe(700);
    expect(await asks("Achieng Otieno", `send ${wordIn(asked).toLowerCase()}`)).toMatch(
      /^S\w{7} Sent 25 SoCC from Achieng Otieno to Wanjiku Kamau \d.* Balance 675\. Help [\d ]+$/,
    );
    await world.phoneOf("Wanjiku Kamau").receives(/Achieng Otieno.*25|25.*Achieng Otieno/);
    // The receipt is the answer: each text is paid for.
    const said = await world.db.selectFrom("message").select("text").execute();
    expect(said.filter(({ text }) => /Sent 25 SoCC/.test(text))).toHaveLength(1);
  });

  test("the word texted twice, and its text delivered twice, move value once", async () => {
    const asked = await asks("Achieng Otieno", "SEND +254711000103 10 2580");
    const [word, id, before] = [wordIn(asked), randomUUID(), await transfers()];
    await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        world.phoneOf("Achieng Otieno").texts(`SEND ${word}`, at < 4 ? id : randomUUID()),
      ),
    );
    expect(await transfers()).toBe(before + 1);
    expect(await asks("Achieng Otieno", `SEND ${word}`)).toMatch(
      /^S\w{7} Sent 10 SoCC to Ouma Odhiambo/,
    );
    expect(await transfers()).toBe(before + 1);
  });

  test("somebody sent to before gets it at once, also when that was by dialling", async () => {
    expect(await asks("Achieng Otieno", "SEND 0711000102 5 2580")).toMatch(
      /^S\w{7} Sent 5 SoCC .* Delete your text, it shows your PIN\.$/,
    );
    await world
      .phoneOf("Achieng Otieno")
      .dials()
      .presses("4", "0711000107", "5", "1", "2580")
      .ends(/^END S/);
    expect(await asks("Achieng Otieno", "SEND 0711000107 5 2580")).toMatch(/^S\w{7} Sent 5 SoCC/);
  });

  test("the same text forty times at once sends once, and two texts at once not too much", async () => {
    const [before, id] = [await transfers(), randomUUID()];
    const phone = world.phoneOf("Achieng Otieno");
    await Promise.all(Array.from({ length: 40 }, () => phone.texts("SEND 0711000102 5 2580", id)));
    expect(await transfers()).toBe(before + 1);
    await Promise.all([
      asks("Achieng Otieno", "SEND 0711000102 300 2580"),
      asks("Achieng Otieno", "SEND 0711000102 300 2580"),
    ]);
    // The second would pass the day's limit of 500.
    expect(await transfers()).toBe(before + 2);
    world.clock.moveOn({ days: 1 });
  });

  test("a word is good for ten minutes, from the sender's phone alone, and a newer takes over", async () => {
    const first = wordIn(await asks("Achieng Otieno", "SEND 0711000104 5 2580"));
    const second = wordIn(await asks("Achieng Otieno", "SEND 0711000105 5 2580"));
    const [before, nothing] = [await transfers(), /^(Nothing waits|Hakuna kinachosubiri)/];
    expect(await asks("Achieng Otieno", `SEND ${first}`)).toMatch(nothing);
    expect(await asks("Wanjiku Kamau", `SEND ${second}`)).toMatch(nothing);
    world.clock.moveOn({ minutes: 10 });
    expect(await asks("Achieng Otieno", `SEND ${second}`)).toMatch(nothing);
    expect(await transfers()).toBe(before);
  });

  test("a PIN blocked after it was given sends nothing", async () => {
    const word = wordIn(await asks("Achieng Otieno", "SEND 0711000104 5 2580"));
    const before = await transfers();
    for (const wrong of ["1111", "2222", "3333"])
      await asks("Achieng Otieno", `SEND 0711000104 5 ${wrong}`);
    expect(await asks("Achieng Otieno", `SEND ${word}`)).toMatch(/^Nothing waits/);
    expect(await transfers()).toBe(before);
    world.clock.moveOn({ minutes: 16 });
    await asks("Achieng Otieno", "SEND 0711000102 1 2580");
  });

  test.for([
    ["SEND 0711000102 1 9999", /^Wrong PIN\. Tries left: 2/],
    ["SEND 0711000102 100000 2580", /^You can send \d+ more SoCC today/],
    ["SEND 0711000105 100000 2580", /^You need \d+ SoCC more/],
    ["SEND 0711000101 5 2580", "Nobody else here has this number"],
    ["SEND 0711000999 5 2580", "Nobody else here has this number"],
    ["SEND 0711000108 5 2580", /^At this number: Mary Atieno, Akoth Atieno\. Text SEND phone name/],
    ["SEND 0711000102 -5 2580", "We could not read the amount"],
    ["SEND 0711000102 5.5 2580", "We could not read the amount"],
    ["SEND 0711000102 O5 2580", "We could not read the amount"],
    ["SEND 07110001O2 5 2580", "We could not read the phone number"],
    ["SEND 0711000102 2580", "Please add"],
    ["SEND 0711000102 5", "Please add the PIN"],
    ["SEND 0711000102 5 25800", "We could not read the PIN"],
    ["SEND", "Please add the phone number"],
  ] as const)("%s", async ([text, why]) => {
    expect(await asks("Achieng Otieno", text)).toMatch(why);
  });

  test("the day's limit holds, told before a word is asked for", async () => {
    await world.earned("Achieng Otieno", 500);
    const answer = await asks("Achieng Otieno", "SEND 0711000105 501 2580");
    expect(answer).toMatch(/^You can send \d+ more SoCC today\. Nothing was sent\./);
  });

  test("no whole number stands with what waits to be sent", async () => {
    await asks("Achieng Otieno", "SEND 0711000105 1 2580");
    expect(await world.everythingStored()).not.toContain("711000105");
    expect(await textsKept(world)).not.toContain("2580");
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  describe("after ninety days of silence (R28)", () => {
    beforeEach(() => {
      world.clock.moveOn({ days: 91 });
    });

    test("wants the first name before the PIN, then the recipient's name read", async () => {
      const before = await transfers();
      expect(await asks("Achieng Otieno", "SEND 0711000102 2 2580")).toMatch(
        /^You have been away for long/,
      );
      expect(await asks("Achieng Otieno", "SEND 0711000102 2 Atieno 2580")).toMatch(
        /^You have been away for long/,
      );
      expect(await transfers()).toBe(before);
      const asked = await asks("Achieng Otieno", "SEND 0711000102 2 achieng 2580");
      expect(asked).toMatch(/^2 SoCC to Wanjiku Kamau/);
      expect(await asks("Achieng Otieno", `SEND ${wordIn(asked)}`)).toMatch(/Sent 2 SoCC/);
      expect(await asks("Achieng Otieno", "SEND 0711000102 2 2580")).toMatch(/Sent 2 SoCC/);
    });

    test("a right PIN without the name does what moves no value, and the name is wanted after it", async () => {
      await asks("Achieng Otieno", "KEEP 2580");
      await asks("Achieng Otieno", "CANCEL 123456 2580");
      await asks("Achieng Otieno", "PIN 2580 2589");
      expect(await asks("Achieng Otieno", "PIN 2589 2580")).toMatch(/^Your PIN is set/);
      expect(await asks("Achieng Otieno", "SEND 0711000102 2 2580")).toMatch(
        /^You have been away for long/,
      );
      // Nor does it once it has been refused, of one who keeps to what needs no name.
      world.clock.moveOn({ days: 2 });
      await asks("Achieng Otieno", "KEEP 2580");
      expect(await asks("Achieng Otieno", "REDEEM UMBRELLA 2580")).toMatch(/^You have been away/);
    });

    test("of two on a phone the quiet one is told to add her name, and the other loses no try", async () => {
      await world.earned("Mary Atieno", 20);
      await world.earned("Akoth Atieno", 20);
      const away = /^Isekawo kinde malach/;
      const triesOf = async (name: string): Promise<number> => {
        const { wrong_tries } = await world.db
          .selectFrom("pin")
          .innerJoin("member", "member.id", "pin.member_id")
          .select("wrong_tries")
          .where("name", "=", name)
          .executeTakeFirstOrThrow();
        return wrong_tries;
      };
      const tries = () => Promise.all(["Mary Atieno", "Akoth Atieno"].map(triesOf));
      await asks("Mary Atieno", "SEND 0711000101 1 Mary 8052");
      for (let more = 0; more < 4; more += 1)
        expect(await asks("Akoth Atieno", "SEND 0711000101 1 5927")).toMatch(away);
      expect(await asks("Akoth Atieno", "SEND 0711000101 1 Mary 5927")).toMatch(away);
      expect(await tries()).toEqual([0, 0]);
      expect(await balanceOf(world, "Akoth Atieno")).toBe(20);
      // A PIN that is nobody's is a wrong try of both, as ever.
      await asks("Mary Atieno", "SEND 0711000101 1 1111");
      expect(await tries()).toEqual([1, 1]);
      const asked = await asks("Akoth Atieno", "SEND 0711000101 1 akoth 5927");
      const [, word = ""] = /ORO (\w{4})/.exec(asked) ?? [];
      await asks("Akoth Atieno", `SEND ${word}`);
      expect(await balanceOf(world, "Akoth Atieno")).toBe(19);
      // She is quiet no more, and is known by her PIN alone.
      expect(await asks("Akoth Atieno", "SEND 0711000101 1 5927")).not.toMatch(away);
    });

    test("so do a redemption and a cash-out", async () => {
      expect(await asks("Achieng Otieno", "REDEEM UMBRELLA 2580")).toMatch(/^You have been away/);
      expect(await asks("Achieng Otieno", "REDEEM UMBRELLA Achieng 2580")).toMatch(
        /^Umbrella at Mama Njeri Shop/,
      );
      expect(await asks("Mama Njeri Shop", "CASHOUT 1 6284")).toMatch(/^Hujatumia kwa muda mrefu/);
      expect(await asks("Mama Njeri Shop", "CASHOUT 1 Mama 6284")).toMatch(/SoCC 1/);
    });
  });
});
