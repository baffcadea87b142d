import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Phone } from "../support/phone.ts";
import { eventually, openWorld, type World } from "../support/world.ts";

interface Codes {
  readonly code: string;
  readonly key: string;
}

/** The code and key of a member's order, the first being number 1, from their texts. */
const codesOf = (phone: Phone, number: number): Promise<Codes> =>
  eventually(() => {
    const orders = phone.inbox().flatMap((text) => {
      const [, code, key] = /Code (\d{6})\. Key (\d{5})/.exec(text) ?? [];
      return code === undefined || key === undefined ? [] : [{ code, key }];
    });
    const order = orders[number - 1];
    if (order === undefined) throw new Error(`there is no order ${number} yet`);
    return order;
  });

// R7, R13, R14.
describe("redeeming", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.earned("Achieng Otieno", 300);
    await world.earned("Mary Atieno", 90);
  });
  afterAll(() => world.close());

  test("Achieng orders an umbrella and collects it at Mama Njeri's", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    const njeri = world.phoneOf("Mama Njeri Shop");
    await achieng
      .dials()
      .presses("3")
      .sees("2. Umbrella 40")
      .presses("2")
      .sees("Umbrella at Mama Njeri Shop. Held now: 40 SoCC.")
      .presses("1", "2580")
      .ends("Umbrella is ordered. Balance 260.");
    const { code, key } = await codesOf(achieng, 1);
    await njeri.receives(new RegExp(`${code}.*Mwavuli.*Achieng Otieno`));
    await njeri
      .dials()
      .presses("8", "12")
      .sees(/6/)
      .presses(code)
      .sees("Achieng Otieno")
      .presses("2580")
      .sees(/5/)
      .presses(key)
      .ends(/^END S\w{7} Mwavuli.*40/s);
    await achieng.receives(/^S\w{7} You have Umbrella from Mama Njeri Shop: 40 SoCC.*Balance 260/);
    await njeri.receives(/^S\w{7} .*Achieng Otieno.*40/);
    await njeri
      .dials()
      .presses("8", code, key)
      .ends(/Ulishalipwa: S\w{7} Mwavuli, SoCC 40\./);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("nobody with the database in hand can read a code or a key of an open order", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.dials().presses("3", "1", "1", "2580").ends("School supplies is ordered");
    const { code, key } = await codesOf(achieng, 2);
    const stored = await world.everythingStored();
    expect(stored).not.toContain(code);
    expect(stored).not.toContain(key);
    await world
      .phoneOf("Mama Njeri Shop")
      .dials()
      .presses("8", code, key)
      .ends(/^END S/);
  });

  test("what costs more than one has is told before anything is asked", async () => {
    await world
      .phoneOf("Mary Atieno")
      .dials()
      .presses("1", "3", "3")
      .ends(/100.*10/s);
  });

  test("an order is called off, and the SoCCs are there again", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.dials().presses("3", "2", "1", "2580").ends("Balance 200.");
    await achieng
      .dials()
      .presses("6", "1")
      .sees("1. Umbrella 40")
      .presses("1", "1", "2580")
      .ends("Umbrella is called off. Balance 240.");
    await world
      .phoneOf("Mama Njeri Shop")
      .receives(/Achieng Otieno.*Mwavuli|Mwavuli.*Achieng Otieno/);
    await achieng.dials().presses("6", "1").sees("You have no open order");
    const { code, key } = await codesOf(achieng, 3);
    await world
      .phoneOf("Mama Njeri Shop")
      .dials()
      .presses("8", code)
      .sees("yaliyobaki: 4")
      .presses(key)
      .ends("Mwavuli imeghairiwa. Baki na bidhaa. Hakuna kilicholipwa.");
  });

  test("without the key a manager settles by PIN, and it is in the audit log", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.dials().presses("3", "2", "1", "2580").ends("Balance 200.");
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("9", "4", "nobody")
      .sees("Nobody found.")
      .presses("wanjiku")
      .sees("No open order found.")
      .presses("otieno")
      .sees("Achieng Otieno has Umbrella in hand: 40 SoCC")
      .presses("1", "4826")
      .ends("Settled: Umbrella, 40 SoCC. Both get a text.");
    const acts = await world.db.selectFrom("audit_event").select("act").execute();
    expect(acts.map(({ act }) => act)).toContain("redemption.settled-without-key");
  });

  test("a warning comes a day before, then it expires and all is given back", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    const before = await stockOfUmbrellas(world);
    await achieng.dials().presses("3", "2", "1", "2580").ends("Balance 160.");
    expect(await stockOfUmbrellas(world)).toBe(before - 1);
    await world.timePasses({ days: 6, minutes: 1 });
    await achieng.receives(/Your Umbrella is held until 21\/3/);
    await world.timePasses({ days: 1 });
    await achieng.receives(/Umbrella was not collected\. 40 SoCC are yours again\. Balance 200/);
    expect(await stockOfUmbrellas(world)).toBe(before);
    const njeri = world.phoneOf("Mama Njeri Shop");
    await njeri.receives(/Muda wa agizo la Mwavuli la Achieng Otieno umeisha\. Usiikabidhi/);
    const { code, key } = await codesOf(achieng, 5);
    await njeri.dials().presses("8", code, key).ends("Muda wa agizo hili umeisha. Baki na bidhaa.");
    expect(await triesCounted(world, "Mama Njeri Shop")).toEqual({ in_a_row: 0, kept: 0 });
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("five wrong codes lock the vendor for an hour and tell the managers", async () => {
    const okello = world.phoneOf("Okello Solar");
    await okello
      .dials()
      .presses("8", "000001", "0", "000002", "0", "000003", "0", "000004")
      .sees("No open order has this code. Tries left: 1.")
      .presses("0", "000005")
      .ends("Try again in 60 minutes");
    await world.phoneOf("Grace Akinyi").receives(/Okello Solar typed 5 wrong redemption codes/);
    await okello.dials().presses("8", "000001").ends("Try again in 60 minutes");
    await world.timePasses({ minutes: 61 });
    await okello.dials().presses("8", "000001").sees("Tries left: 4");
  });

  test("a vendor's code is worth nothing at another vendor's", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.dials().presses("3", "1", "1", "2580").ends("is ordered");
    const { code } = await codesOf(achieng, 6);
    await world.phoneOf("Okello Solar").dials().presses("8", code).sees("Tries left: 3");
  });

  test("a code alone does not tell an order that has ended from one that never was", async () => {
    await world.timePasses({ minutes: 61 });
    const njeri = world.phoneOf("Mama Njeri Shop");
    const { code, key } = await codesOf(world.phoneOf("Achieng Otieno"), 1);
    const never = code === "999999" ? "999998" : "999999";
    const wrong_key = key === "00000" ? "00001" : "00000";
    const says = async (...replies: string[]) =>
      (
        await njeri
          .dials("*384*2255*8#")
          .presses(...replies)
          .last()
      ).answer;
    const tries = (screen: string) => screen.replace(/yaliyobaki: \d/g, "yaliyobaki: n");
    expect(tries(await says(never))).toBe(tries(await says(code)));
    expect(tries(await says(never, wrong_key))).toContain("yaliyobaki: n");
    // Five tries by now, each counted.
    expect(await says(code)).toMatch(/^END .*60/s);
    await world.timePasses({ minutes: 61 });
    expect(tries(await says(never, wrong_key))).toBe(tries(await says(code, wrong_key)));
    expect(await says(code)).toMatch(/^END .*60/s);
    await world.timePasses({ minutes: 61 });
  });

  test("five wrong keys of one order make its key worthless, and a manager settles it", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    const njeri = world.phoneOf("Mama Njeri Shop");
    const { code, key } = await codesOf(achieng, 6);
    const wrong = key === "00000" ? "00001" : "00000";
    await njeri
      .dials()
      .presses("8", code, wrong, wrong, wrong, wrong)
      .sees("yaliyobaki: 1")
      .presses(wrong)
      .ends("60");
    await world
      .phoneOf("Grace Akinyi")
      .receives(/^Mama Njeri Shop: 5 wrong keys for School supplies of Achieng Otieno/);
    await world.timePasses({ minutes: 61 });
    await njeri.dials().presses("8", code, key).ends("ufunguo wake haufai tena");
    expect(await triesCounted(world, "Mama Njeri Shop")).toMatchObject({ in_a_row: 0 });
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("9", "4", code)
      .sees("Achieng Otieno has School supplies in hand")
      .presses("1", "4826")
      .ends("Settled: School supplies, 20 SoCC");
    await njeri.dials().presses("8", code, key).ends("Ulishalipwa: S");
  });

  test("vendors have their own first entries; one without cash has no cash-out", async () => {
    await world
      .phoneOf("Okello Solar")
      .dials()
      .sees(/8\. Hand over\n1\. Balance(?!.*Cash out)/s);
    const njeri = world.phoneOf("Mama Njeri Shop");
    await njeri
      .dials()
      .presses("9")
      .sees("KES 9.00")
      .presses("1000000")
      .sees("Una SoCC 120.")
      .presses("30")
      .sees(/30.*KES 270\.00/s)
      .presses("1", "6284")
      .ends(/KES 270\.00/);
    await njeri.receives(/KES 270\.00/);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});

describe("redeeming in Kumasi", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ community: "kumasi-bantama" });
  });
  afterAll(() => world.close());

  test("a loan is unlocked by a balance, and takes nothing", async () => {
    const kofi = world.phoneOf("Kofi Mensah");
    await world.earned("Kofi Mensah", 249);
    await kofi.dials().presses("3", "5").ends("You need 1 more");
    await world.earned("Kofi Mensah", 1);
    await kofi
      .dials()
      .presses("3", "5")
      .sees("Micro-loan at Kumasi Bantama. Held now: 0 SoCC")
      .presses("1", "3691")
      .ends("Micro-loan is ordered. Balance 250. A text brings your code. See a manager");
    const [, code = ""] = await kofi.receives(
      /^Micro-loan: 0 SoCC held until \S+ Code (\d{6})\. See a manager to collect it\./,
    );
    await kofi
      .dials()
      .presses("3", "5", "1", "3691")
      .ends("You have ordered Micro-loan already, and it waits for you.");
    const abena = () => world.phoneOf("Abena Owusu").dials();
    await kofi.dials().presses("4", "0241000201", "1", "1", "3691").ends("Sent 1 SoCC");
    await abena()
      .presses("9", "4", code, "1", "4826")
      .ends(/^END Kofi Mensah nni SoCC 250 a/);
    await world.earned("Kofi Mensah", 1);
    await abena()
      .presses("9", "4", "kofi", "1", "4826")
      .ends(/^END Yeabue Bosea ketewa ama Kofi Mensah\. Yeamfa SoCC/);
    await kofi.receives(/Micro-loan is yours, from Kumasi Bantama/);
    await kofi.dials("*920*2255*1#").ends("Balance 250");
  });

  test("a sensitive deed has its name on the screen and a neutral one in texts (R6)", async () => {
    const kofi = world.phoneOf("Kofi Mensah");
    const abena = world.phoneOf("Abena Owusu");
    await kofi
      .dials()
      .presses("2", "3")
      .sees("Health screening, 20 SoCC")
      .presses("1")
      .ends("Claim");
    const [text] = await abena.receives(/Kofi Mensah .*SoCC 20.*/);
    expect(text).not.toMatch(/screening|nhwehwemu/);
    await abena
      .dials()
      .presses("8", "1", "1", "4826")
      .ends(/^END S/);
    await kofi.receives(/You earned 20 SoCC \(a good deed\)/);
  });
});

/** Wrong tries of a vendor: those in a row, and all that are kept for who looks for fraud. */
async function triesCounted(world: World, name: string) {
  const { in_a_row, kept } = await world.db
    .selectFrom("vendor as v")
    .innerJoin("member as m", "m.id", "v.member_id")
    .leftJoin("vendor_wrong_tries as w", "w.vendor_id", "v.member_id")
    .select((eb) => ["v.wrong_tries as in_a_row", eb.fn.sum("w.tries").as("kept")])
    .where("m.name", "=", name)
    .groupBy("v.wrong_tries")
    .executeTakeFirstOrThrow();
  return { in_a_row, kept: Number(kept) };
}

async function stockOfUmbrellas(world: World): Promise<number> {
  const { stock } = await world.db
    .selectFrom("reward")
    .select("stock")
    .where("code", "=", "UMBRELLA")
    .executeTakeFirstOrThrow();
  return stock ?? 0;
}
