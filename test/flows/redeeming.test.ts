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
    await njeri.dials().presses("8", code).sees(/4/);
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
      .presses(key);
  });

  test("without the key a manager settles by PIN, and it is in the audit log", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.dials().presses("3", "2", "1", "2580").ends("Balance 200.");
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("9", "4")
      .sees("1. Achieng Otieno: Umbrella")
      .presses("1")
      .sees("Achieng Otieno has Umbrella in hand: 40 SoCC")
      .presses("1", "4826")
      .ends("Settled: Umbrella, 40 SoCC");
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
    const { code } = await codesOf(achieng, 5);
    await world.phoneOf("Mama Njeri Shop").dials().presses("8", code).sees(/^CON/);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("five wrong codes lock the vendor for an hour and tell the managers", async () => {
    const okello = world.phoneOf("Okello Solar");
    await okello
      .dials()
      .presses("8", "000001", "000002", "000003", "000004")
      .sees("Wrong. Tries left: 1.")
      .presses("000005")
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
    await world.phoneOf("Okello Solar").dials().presses("8", code).sees("Wrong. Tries left: 3");
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
      .sees("Una SoCC 100.")
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
      .ends("Micro-loan is ordered. Balance 250.");
    await world.phoneOf("Abena Owusu").dials().presses("9", "4", "1", "1", "4826").ends(/^END/);
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

async function stockOfUmbrellas(world: World): Promise<number> {
  const { stock } = await world.db
    .selectFrom("reward")
    .select("stock")
    .where("code", "=", "UMBRELLA")
    .executeTakeFirstOrThrow();
  return stock ?? 0;
}
