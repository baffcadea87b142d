import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Phone } from "../support/phone.ts";
import { eventually, openWorld, type World } from "../support/world.ts";
import { asksIn, balanceOf, textsKept, type Asks } from "./texting.ts";

/** The code and key of a member's newest order, from their texts. */
const codesOf = (phone: Phone, orders: number): Promise<{ code: string; key: string }> =>
  eventually(() => {
    const found = phone.inbox().flatMap((text) => {
      const [, code = "", key = ""] = /Code (\d{6})[.,] [Kk]ey (\d{5})/.exec(text) ?? [];
      return code === "" ? [] : [{ code, key }];
    });
    const newest = found[orders - 1];
    if (newest === undefined) throw new Error(`only ${found.length} orders`);
    return newest;
  });

// R7, R13 to R15.
describe("redeeming by text", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld();
    asks = asksIn(world);
    await world.earned("Achieng Otieno", 300);
  });
  afterAll(() => world.close());

  test("SHOP lists the rewards by number, word and price", async () => {
    expect(await asks("Achieng Otieno", "SHOP")).toMatch(
      /^Text REDEEM word PIN: 1 SCHOOL .*2 UMBRELLA .*40, .*6 STOVE .*250$/,
    );
  });

  test("Achieng orders an umbrella; the vendor hands it over by code and key", async () => {
    expect(await asks("Achieng Otieno", "redeem umbrela 2580")).toMatch(
      /^Umbrella at Mama Njeri Shop: 40 SoCC held until \d+\/\d+\. Code .*Delete your text/,
    );
    const { code, key } = await codesOf(world.phoneOf("Achieng Otieno"), 1);
    const wrong = key === "12345" ? "54321" : "12345";
    expect(await asks("Mama Njeri Shop", `DONE ${code} ${wrong}`)).toMatch(/yaliyobaki: 4/);
    expect(await asks("Okello Solar", `DONE ${code} ${key}`)).toMatch(/Tries left: 4/);
    const before = await balanceOf(world, "Mama Njeri Shop");
    expect(await asks("Mama Njeri Shop", `DONE ${code} ${key}`)).toMatch(
      /^S\w{7} Achieng Otieno amepata .*: umepokea SoCC 40 /,
    );
    // The receipt is the answer: each text is paid for.
    const receipts = await world.db
      .selectFrom("message")
      .select("text")
      .where("recipient", "=", world.numberOf("Mama Njeri Shop"))
      .execute();
    expect(receipts.filter(({ text }) => /^S\w{7} /.test(text))).toHaveLength(1);
    expect(await balanceOf(world, "Mama Njeri Shop")).toBe(before + 40);
    // The answer was lost on its way, and it is texted again: they were paid, once.
    expect(await asks("Mama Njeri Shop", `KABIDHI ${code} ${key}`)).toMatch(
      /^Ulishalipwa: S\w{7} Mwavuli, SoCC 40\./,
    );
    expect(await balanceOf(world, "Mama Njeri Shop")).toBe(before + 40);
    expect(await asks("Mama Njeri Shop", `KABIDHI ${code} ${wrong}`)).toMatch(/yaliyobaki: 4/);
    expect(await asks("Mama Njeri Shop", `KABIDHI ${code} ${key}`)).toMatch(/^Ulishalipwa/);
    expect(await asks("Mama Njeri Shop", `KABIDHI ${code} ${wrong}`)).toMatch(/yaliyobaki: 3/);
    expect(await textsKept(world)).not.toContain(code);
  });

  test("an order is called off by its code and the PIN; another's is not", async () => {
    expect(await asks("Achieng Otieno", "REDEEM 2 2580")).toMatch(
      /^Umbrella at (Mama Njeri Shop|Okello Solar)/,
    );
    const { code, key } = await codesOf(world.phoneOf("Achieng Otieno"), 2);
    expect(await asks("Wanjiku Kamau", `CANCEL ${code} 3691`)).toMatch(/^Huna agizo/);
    expect(await asks("Achieng Otieno", `CANCEL ${code} 0000`)).toMatch(/^Wrong PIN/);
    expect(await asks("Achieng Otieno", `CANCEL ${code} 2580`)).toMatch(
      /^Umbrella is called off\. Balance 260 SoCC\./,
    );
    expect(await asks("Achieng Otieno", `CANCEL ${code} 2580`)).toMatch(/^You have no open order/);
    expect(await asks("Mama Njeri Shop", `KABIDHI ${code} ${key}`)).toMatch(
      /^Mwavuli imeghairiwa\. Baki na bidhaa/,
    );
  });

  test("the same order delivered twice holds once", async () => {
    const id = randomUUID();
    await asks("Achieng Otieno", "REDEEM SCHOOL 2580", id);
    await asks("Achieng Otieno", "REDEEM SCHOOL 2580", id);
    expect(await balanceOf(world, "Achieng Otieno")).toBe(240);
  });

  test.for([
    ["REDEEM", "Please add the reward's word"],
    ["REDEEM UMBRELLA", "Please add the PIN"],
    ["REDEEM CASTLE 2580", /^There is no such reward/],
    ["REDEEM 40 2580", /^There is no such reward/],
    ["REDEEM STOVE 2580", /^You need 10 SoCC more/],
    ["REDEEM UMBRELLA 9 2580", /^At which vendor\? Text REDEEM UMBRELLA number PIN: 1 Mama/],
    ["REDEEM CHAIRS 2580", /^There is no such reward/],
    ["CANCEL 12345 2580", "We could not read the order's code"],
    ["DONE 123456 12345", /^Only a vendor can do that/],
    ["CASHOUT 5 2580", /^Only a vendor can do that/],
  ] as const)("%s", async ([text, why]) => {
    expect(await asks("Achieng Otieno", text)).toMatch(why);
    expect(await balanceOf(world, "Achieng Otieno")).toBe(240);
  });

  test("a number of the list stays one reward's though another sells out", async () => {
    const stock = (left: number) =>
      world.db.updateTable("reward").set({ stock: left }).where("code", "=", "UMBRELLA").execute();
    await stock(0);
    expect(await asks("Achieng Otieno", "SHOP")).toMatch(/1 SCHOOL .*3 SOLAR/);
    expect(await asks("Achieng Otieno", "REDEEM 2 2580")).toMatch(/^There is no such reward/);
    await stock(5);
  });

  test("where several vendors serve a reward, it is asked which", async () => {
    const { community_id, member_id: vendor_id } = await world.db
      .selectFrom("vendor")
      .selectAll()
      .where("place", "=", "Manyatta B")
      .executeTakeFirstOrThrow();
    await world.db
      .insertInto("reward_vendor")
      .values({ community_id, vendor_id, reward_code: "UMBRELLA" })
      .execute();
    expect(await asks("Achieng Otieno", "REDEEM UMBRELLA 2580")).toMatch(
      /^At which vendor\? .*: 1 Mama Njeri Shop, Kondele market, 2 Okello Solar, Manyatta B/,
    );
    expect(await asks("Achieng Otieno", "REDEEM UMBRELLA 2 2580")).toMatch(
      /^Umbrella at (Mama Njeri Shop|Okello Solar)/,
    );
    await world.phoneOf("Okello Solar").receives(/Order \d{6}: Umbrella for Achieng Otieno/);
  });

  test("five wrong codes lock the vendor, by dialling too (R14)", async () => {
    for (let at = 1; at <= 4; at += 1)
      expect(await asks("Okello Solar", `DONE 00000${at} 12345`)).toMatch(/Tries left|Too many/);
    expect(await asks("Okello Solar", "DONE 000005 12345")).toMatch(/Try again in 60 minutes/);
    await world.phoneOf("Okello Solar").dials().presses("8", "000001").ends("60 minutes");
    await world.phoneOf("Grace Akinyi").receives(/Okello Solar typed 5 wrong/);
  });

  test("a vendor asks for cash; one by whose agreement there is none does not", async () => {
    expect(await asks("Mama Njeri Shop", "CASHOUT 30 6284")).toMatch(/KES 270\.00.*SoCC 30/);
    expect(await asks("Mama Njeri Shop", "PESA 3000 6284")).toMatch(/SoCC 2990/);
    expect(await asks("Okello Solar", "CASHOUT 5 1739")).toMatch(/^By your agreement/);
  });

  test("a cash-out that is not paid yet is called off by its amount, once", async () => {
    const before = await balanceOf(world, "Mama Njeri Shop");
    await asks("Mama Njeri Shop", "LANG en");
    expect(await asks("Mama Njeri Shop", "CASHOUT 7 6284")).toMatch(
      /To call it off: CANCEL 7 PIN\./,
    );
    expect(await asks("Mama Njeri Shop", "CANCEL 8 6284")).toMatch(
      /^No cash-out of 8 SoCC waits to be paid\. What waits: 7, 30\./,
    );
    expect(await asks("Mama Njeri Shop", "CANCEL 7 1111")).toMatch(/^Wrong PIN/);
    expect(await asks("Mama Njeri Shop", "CANCEL 7 6284")).toMatch(
      /^Called off: KES 63\.00\. 7 SoCC are yours again\./,
    );
    expect(await balanceOf(world, "Mama Njeri Shop")).toBe(before);
    expect(await asks("Mama Njeri Shop", "CANCEL 7 6284")).toMatch(/What waits: 30\./);
    expect(await asks("Mama Njeri Shop", "CANCEL 30 6284")).toMatch(/^Called off: KES 270\.00/);
    expect(await asks("Mama Njeri Shop", "CANCEL 30 6284")).toMatch(/^No cash-out waits to be/);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});

describe("where the member's phone is dead", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld();
    asks = asksIn(world);
    await world.earned("Achieng Otieno", 40);
  });
  afterAll(() => world.close());

  test("without its key a manager settles it by the code and their PIN, nobody else", async () => {
    expect(await asks("Achieng Otieno", "REDEEM 2 2580")).toMatch(
      /^Umbrella at (Mama Njeri Shop|Okello Solar)/,
    );
    const { code } = await codesOf(world.phoneOf("Achieng Otieno"), 1);
    const before = await balanceOf(world, "Mama Njeri Shop");
    expect(await asks("Wanjiku Kamau", `DONE ${code} 3691`)).toMatch(/ufunguo/);
    expect(await asks("Grace Akinyi", `DONE ${code} 0000`)).toMatch(/^Wrong PIN/);
    expect(
      await asks("Grace Akinyi", `DONE ${code === "123456" ? "654321" : "123456"} 4826`),
    ).toMatch(/^No order with this code/);
    expect(await balanceOf(world, "Mama Njeri Shop")).toBe(before);
    expect(await asks("Grace Akinyi", `DONE ${code} 4826`)).toMatch(
      /^S\w{7} Settled: Umbrella, 40 SoCC\. .*Delete your text/,
    );
    expect(await balanceOf(world, "Mama Njeri Shop")).toBe(before + 40);
    expect(await asks("Grace Akinyi", `DONE ${code} 4826`)).toMatch(/^No order with this code/);
    const audited = await world.db.selectFrom("audit_event").select("act").execute();
    expect(audited.map(({ act }) => act)).toContain("redemption.settled-without-key");
    expect(await textsKept(world)).not.toContain("4826");
  });

  test("of two shops on one phone the one is meant whose order it is", async () => {
    const { phone } = await world.db
      .selectFrom("member")
      .select("phone")
      .where("name", "=", "Mama Njeri Shop")
      .executeTakeFirstOrThrow();
    const set = (number: string) =>
      world.db.updateTable("member").set({ phone: number }).where("name", "=", "Okello Solar");
    await world.earned("Achieng Otieno", 120);
    expect(await asks("Achieng Otieno", "REDEEM SOLAR 2580")).toMatch(/^Solar light at Okello/);
    expect(await asks("Achieng Otieno", "REDEEM SCHOOL 2580")).toMatch(/^School supplies at/);
    const solar = await codesOf(world.phoneOf("Achieng Otieno"), 2);
    const school = await codesOf(world.phoneOf("Achieng Otieno"), 3);
    await set(phone).execute();
    expect(await asks("Mama Njeri Shop", "DONE")).toMatch(/SCHOOL.*SOLAR|SOLAR.*SCHOOL/);
    for (const [{ code, key }, shop, price] of [
      [solar, "Okello Solar", 100],
      [school, "Mama Njeri Shop", 20],
    ] as const) {
      const before = await balanceOf(world, shop);
      expect(await asks("Mama Njeri Shop", `DONE ${code} ${key}`)).toMatch(/^S\w{7} /);
      expect(await balanceOf(world, shop)).toBe(before + price);
    }
  });
});
