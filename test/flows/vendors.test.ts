import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";

// R15: what a vendor takes goes round again, or is paid out.
describe("a vendor closes the loop", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.earned("Achieng Otieno", 200);
  });
  afterAll(() => world.close());

  /** A member orders by dialling and the vendor hands over, with code and key from the texts. */
  const buys = async (buyer: string, replies: readonly string[], vendor: string) => {
    const phone = world.phoneOf(buyer);
    await phone
      .dials()
      .presses(...replies, world.pinOf(buyer))
      .ends(/^END/);
    // In English or in Swahili.
    const [, code = "", key = ""] = await phone.receives(/(\d{6})\D+(\d{5})(?!\d)/);
    await world
      .phoneOf(vendor)
      .dials()
      .presses("8", code, key)
      .ends(/^END S\w{7} /);
  };

  test("takes SoCCs for a uniform, spends them on a solar light at another's, who spends them too", async () => {
    await buys("Achieng Otieno", ["3", "5", "1"], "Mama Njeri Shop");
    const njeri = world.phoneOf("Mama Njeri Shop");
    await njeri.dials("*384*2255*1#").ends("120");
    // What only she serves herself is not offered to her.
    await njeri
      .dials()
      .presses("3")
      .sees(/^CON (?!.*Mwavuli).*3\. Taa ya jua 100/s);
    await buys("Mama Njeri Shop", ["3", "3", "1"], "Okello Solar");
    await njeri.dials("*384*2255*1#").ends("20");
    const okello = world.phoneOf("Okello Solar");
    await okello.dials("*384*2255*1#").ends("Balance 100 SoCC");
    await buys("Okello Solar", ["3", "2", "1"], "Mama Njeri Shop");
    await okello.dials("*384*2255*1#").ends("Balance 60 SoCC");
    await njeri.dials("*384*2255*1#").ends("60");
  });

  test("and sends SoCCs to people, who send them back", async () => {
    await world
      .phoneOf("Okello Solar")
      .dials()
      .presses("4", "0711000106")
      .presses("15")
      .sees("Send 15 SoCC to Mama Njeri Shop (..106)")
      .presses("1", "1739")
      .ends("Sent 15 SoCC to Mama Njeri Shop. Balance 45.");
    await world.phoneOf("Mama Njeri Shop").receives(/15.*75/);
  });

  test("one who agreed to cash asks for it, to the cent; a CSR vendor cannot, also not by dialling on", async () => {
    await world
      .phoneOf("Mama Njeri Shop")
      .dials()
      .presses("9", "33", "1", "6284")
      .ends(/KES 297\.00.*42/);
    const { cash, amount } = await world.db
      .selectFrom("cash_out")
      .select(["cash", "amount"])
      .executeTakeFirstOrThrow();
    expect([amount, cash]).toEqual([33, "297.00"]);
    await world
      .phoneOf("Okello Solar")
      .dials("*384*2255*9#")
      .sees(/^CON (?!.*Cash out)/s);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("a cash-out that is not paid yet is called off, once, and its SoCCs can be spent again", async () => {
    const njeri = world.phoneOf("Mama Njeri Shop");
    // The deep code: a second call would be offered to go on with the first.
    const calls = [1, 2].map(() =>
      njeri
        .dials("*384*2255*6*98*8#")
        .sees(/33.*KES 297\.00/s)
        .presses("1", "6284")
        .last(),
    );
    const answers = (await Promise.all(calls)).map(({ answer }) => answer);
    expect(answers.filter((answer) => /^END Limeghairiwa.*Salio 75/.test(answer))).toHaveLength(1);
    expect(answers.filter((answer) => /^END Limeshalipwa au/.test(answer))).toHaveLength(1);
    await njeri.dials("*384*2255*1#").ends("75");
    await njeri.dials().presses("6", "98", "8").sees("Hakuna ombi la fedha");
    // Who takes no cash does not see it.
    await world
      .phoneOf("Okello Solar")
      .dials()
      .presses("6", "98")
      .sees(/^CON (?!.*Asked cash-outs)/s);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});
