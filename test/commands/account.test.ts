import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { asksIn, balanceOf, newestClaim, textsKept, type Asks } from "./texting.ts";

const stranger = "+919840009999";

// R26, R27, R32: a community that nobody can dial.
describe("in Madurai, from the first text", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld({ community: "madurai-ward" });
    asks = asksIn(world);
  });
  afterAll(() => world.close());

  test("a stranger chooses a language, asks what there is, and asks to join", async () => {
    expect(await asks(stranger, "LANG english")).toBe("From now on we speak English.");
    expect(await asks(stranger, "HELP")).toBe(
      "Madurai Ward: text JOIN and your name to ask to join. Questions: 1800 562 630",
    );
    expect(await asks(stranger, "JOIN")).toBe("Please add the name: JOIN name");
    expect(await asks(stranger, "join Asha Devi")).toMatch(/^Thank you, Asha Devi\./);
    expect(await asks(stranger, "JOIN Asha Devi")).toMatch(/^Asha Devi, you have asked already/);
    await world
      .phoneOf("Lakshmi Devi")
      .receives(/^Asha Devi \(\.\.999\) asks to join\. .* text ENROL \.\.999 Asha Devi PIN/);
  });

  test("a manager lets her in by the end of her number", async () => {
    expect(await asks("Lakshmi Devi", "ENROL ..998 Asha Devi 4826")).toMatch(/^Nobody here has/);
    expect(await asks("Lakshmi Devi", "ENROL ..999 Asha Ali 4826")).toMatch(/^Nobody here has/);
    expect(await asks("Lakshmi Devi", "ENROL ..999 asha devi 4826")).toMatch(
      /^Asha Devi is enrolled.*Delete your text/,
    );
    await world
      .phoneOf(stranger)
      .receives(/^Welcome to SoCC, Asha Devi\. .* text PIN and 4 digits/);
    const acts = await world.db.selectFrom("audit_event").select("act").execute();
    expect(acts.map(({ act }) => act)).toContain("member.enrolled");
  });

  test("she chooses her PIN, and nothing that wants one goes before", async () => {
    expect(await asks("Asha Devi", "REDEEM RECHARGE 8264")).toMatch(/^You have no PIN yet/);
    expect(await asks("Asha Devi", "PIN 8264 8265")).toMatch(/^To choose your first PIN/);
    expect(await asks("Asha Devi", "PIN 1234 1234")).toMatch(/^That PIN is too easy/);
    expect(await asks("Asha Devi", "PIN 9999 9999")).toMatch(/^That PIN is too easy/);
    expect(await asks("Asha Devi", "PIN 8264 8264")).toMatch(/^Your PIN is set.*Delete your text/);
  });

  test("she claims, is confirmed, orders, sends and is sent to", async () => {
    expect(await asks("Asha Devi", "CLAIM RAIN")).toMatch(/sent: 20 SoCC/);
    expect(await asks("Lakshmi Devi", `OK ${await newestClaim(world)} 4826`)).toMatch(/Confirmed/);
    await world.phoneOf(stranger).receives(/You earned 20 SoCC \(Rainwater pit repair\)/);
    expect(await asks("Asha Devi", "REDEEM RECHARGE 8264")).toMatch(
      /^Recharge INR 50 at Murugan Stores/,
    );
    await world.phoneOf("Murugan Stores").receives(/Asha Devi/);
    const asked = await asks("Asha Devi", "SEND 98400 00302 4 8264");
    expect(asked).toMatch(/^4 SoCC to Selvi Raman \(\.\.302\)\?/);
    const word = /SEND (\w{4})/.exec(asked)?.[1] ?? "";
    expect(await asks("Asha Devi", `SEND ${word}`)).toMatch(
      /Sent 4 SoCC from Asha Devi to Selvi Raman/,
    );
    expect(await balanceOf(world, "Asha Devi")).toBe(6);
    expect(await asks("Asha Devi", "BAL")).toMatch(/^Balance 6 SoCC\./);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("a new PIN takes the old one's place", async () => {
    expect(await asks("Asha Devi", "PIN 8265 7391")).toMatch(/^Wrong PIN\. Tries left: 2/);
    expect(await asks("Asha Devi", "PIN 8264 7391")).toMatch(/^Your PIN is set/);
    expect(await asks("Asha Devi", "CANCEL 123456 8264")).toMatch(/^Wrong PIN/);
    expect(await asks("Asha Devi", "CANCEL 123456 7391")).toMatch(/^You have no open order/);
    await world.phoneOf(stranger).receives(/^The PIN of Asha Devi was changed/);
  });

  test("languages are chosen by code or by name; another is not spoken here", async () => {
    expect(await asks("Selvi Raman", "LANG EN")).toBe("From now on we speak English.");
    expect(await asks("Selvi Raman", "LANG தமிழ்")).toBe("இனி தமிழில் பேசுவோம்.");
    expect(await asks("Selvi Raman", "MOZHI englsh")).toBe("From now on we speak English.");
    expect(await asks("Selvi Raman", "LANG sw")).toMatch(/^Please text LANG and one of: .*en/);
    expect(await asks("Selvi Raman", "LANG")).toMatch(/^Please add the language/);
  });

  test("HELP is by role", async () => {
    expect(await asks("Selvi Raman", "help me please")).toMatch(/^BAL balance/);
    expect(await asks("Lakshmi Devi", "HELP")).toMatch(/^LIST claims/);
    expect(await asks("Murugan Stores", "HELP")).toMatch(/MUDI code/);
    expect(await asks("Selvi Raman", "JOIN Selvi")).toMatch(/^You are in this community already/);
  });

  const pagesOf = async (who: string): Promise<readonly string[]> => {
    const pages = [await asks(who, "HELP")];
    for (let next = 2; / (HELP|UDHAVI) \d\./.test(pages.at(-1) ?? ""); next += 1)
      pages.push(await asks(who, `HELP ${next}`));
    return pages;
  };

  test("HELP goes on, page by page, until everything has been told", async () => {
    const manager = (await pagesOf("Lakshmi Devi")).join(" ");
    expect(manager).toContain("MOVE phone new-phone PIN. DECLINE end name PIN. DONE code key.");
    for (const keyword of ["GROUP", "BAL", "REDEEM", "CANCEL", "DISPUTE", "NUMBER", "KEEP PIN"])
      expect(manager).toContain(keyword);
    expect((await pagesOf("Selvi Raman")).join(" ")).toMatch(/VOTE .*CANCEL .*DISPUTE .*NUMBER/);
    expect((await pagesOf("Murugan Stores")).join(" ")).toMatch(/PARISU\. VAANGU parisu PIN/);
    expect(await asks("Selvi Raman", "HELP 9")).toMatch(/^BAL balance/);
  });

  test("HELP and a word tells how that is used, and what it does", async () => {
    expect(await asks("Selvi Raman", "HELP SEND")).toBe(
      "SEND phone amount PIN: sends SoCCs to somebody here.",
    );
    expect(await asks("Selvi Raman", "help anuppu")).toMatch(/^SEND phone amount PIN: sends/);
    expect(await asks("Selvi Raman", "UDHAVI cancle")).toMatch(/^CANCEL code PIN: calls off/);
    expect(await asks("Selvi Raman", "HELP 2580")).toMatch(/^BAL balance.*Delete your text/);
  });

  test("a machine that answers every answer is left alone after twenty", async () => {
    world.clock.moveOn({ minutes: 61 });
    for (let at = 0; at < 20; at += 1)
      expect(await asks("Selvi Raman", "I am driving now.")).toMatch(/^Sorry, we did not/);
    expect(await asks("Selvi Raman", "I am driving now.")).toBe("");
    expect(await asks("Selvi Raman", "BAL")).toMatch(/^Balance/);
    world.clock.moveOn({ minutes: 61 });
    expect(await asks("Selvi Raman", "hello")).toMatch(/^Sorry, we did not/);
  });

  test("neither a PIN nor a stranger's number is kept", async () => {
    expect(await world.everythingStored()).not.toContain("9840009999");
    const texts = await textsKept(world);
    for (const pin of ["8264", "7391", "4826"]) expect(texts).not.toContain(pin);
  });
});

describe("a phone that is nobody's here", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld({ community: "dc-bread-for-the-city" });
    asks = asksIn(world);
  });
  afterAll(() => world.close());

  const who = "+12025559999";

  test("is told that it is not in the community once a day, and then left alone", async () => {
    const told = "You are not in this community yet. Text JOIN and your name to ask.";
    expect(await asks(who, "BAL")).toBe(told);
    expect(await asks(who, "SEND 2025550101 5 2580")).toBe("");
    expect(await asks(who, "hello")).toBe("");
    world.clock.moveOn({ days: 1 });
    expect(await asks(who, "hello")).toBe(told);
  });

  test("can stop and start texts", async () => {
    expect(await asks(who, "STOP it")).toMatch(/^Only receipts, codes and answers/);
    expect(await asks(who, "START")).toMatch(/^You get all texts again/);
  });

  test("is heard ten times an hour and no more, and nothing of the rest is kept", async () => {
    world.clock.moveOn({ minutes: 61 });
    for (let at = 0; at < 10; at += 1) expect(await asks(who, "HELP")).toMatch(/text JOIN/);
    const count = async () =>
      (await world.db.selectFrom("inbound_message").select("gateway_id").execute()).length;
    const before = await count();
    expect(await asks(who, "HELP")).toBe("");
    expect(await asks(who, "JOIN Bob Stone")).toBe("");
    expect(await count()).toBe(before);
    expect(world.logs.some((line) => line.includes("texts too much"))).toBe(true);
    world.clock.moveOn({ minutes: 61 });
    expect(await asks(who, "JOIN Bob Stone")).toMatch(/^Thank you, Bob Stone/);
  });

  test("is forgotten a month after its last text", async () => {
    const kept = () => world.db.selectFrom("stranger").select("texts").execute();
    world.clock.moveOn({ days: 29 });
    await world.service.forget();
    expect(await kept()).toHaveLength(1);
    world.clock.moveOn({ days: 2 });
    await world.service.forget();
    expect(await kept()).toHaveLength(0);
  });
});

// R27, R30.
describe("a PIN by text", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld();
    asks = asksIn(world);
    await world.earned("Mary Atieno", 100);
    await world.earned("Akoth Atieno", 100);
  });
  afterAll(() => world.close());

  test("has its tries in common with dialling", async () => {
    expect(await asks("Achieng Otieno", "CANCEL 123456 1111")).toMatch(/Tries left: 2/);
    await world.phoneOf("Achieng Otieno").dials().presses("6", "3", "2222").sees("Tries left: 1");
    expect(await asks("Achieng Otieno", "SEND 0711000102 1 3333")).toMatch(/again in 15 minutes/);
    await world.phoneOf("Achieng Otieno").dials().presses("6", "3", "2580").ends("15 minutes");
    world.clock.moveOn({ minutes: 15 });
    for (const wrong of ["1111", "2222", "3333"])
      await asks("Achieng Otieno", `CANCEL 123456 ${wrong}`);
    expect(await asks("Achieng Otieno", "CANCEL 123456 2580")).toMatch(/your PIN is blocked/);
  });

  test("after a reset is chosen by text once the wait is over, not before", async () => {
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("9", "5", "0711000101", "1", "4826")
      .ends(/can dial/);
    expect(await asks("Achieng Otieno", "PIN 6194 6194")).toMatch(/your PIN is blocked/);
    world.clock.moveOn({ minutes: 24 * 60 + 1 });
    expect(await asks("Achieng Otieno", "PIN 6194 6194")).toMatch(/^Your PIN is set/);
    expect(await asks("Achieng Otieno", "CANCEL 123456 6194")).toMatch(/^You have no open order/);
  });

  test("says which account of a shared phone is meant, and no other's value moves", async () => {
    expect(await asks("Mary Atieno", "REDEEM UMBRELLA 5927")).not.toBe("");
    expect(await balanceOf(world, "Akoth Atieno")).toBe(60);
    expect(await balanceOf(world, "Mary Atieno")).toBe(100);
    await asks("Mary Atieno", "REDEEM UMBRELLA 8052");
    expect(await balanceOf(world, "Mary Atieno")).toBe(60);
  });

  test("that is neither's counts for both, and locks both", async () => {
    for (const wrong of ["1111", "2222", "3333"])
      await asks("Mary Atieno", `REDEEM UMBRELLA ${wrong}`);
    const pins = await world.db
      .selectFrom("pin")
      .innerJoin("member", "member.id", "pin.member_id")
      .select(["name", "locked_until"])
      .where("name", "like", "%Atieno")
      .execute();
    expect(pins.map(({ locked_until }) => locked_until !== null)).toEqual([true, true]);
    await asks("Mary Atieno", "REDEEM UMBRELLA 5927");
    expect(await balanceOf(world, "Akoth Atieno")).toBe(60);
    world.clock.moveOn({ minutes: 16 });
    await asks("Mary Atieno", "REDEEM SCHOOL 5927");
    expect(await balanceOf(world, "Akoth Atieno")).toBe(40);
  });

  test("of one account given rightly gives no more tries at another's", async () => {
    for (const wrong of ["1111", "2222"]) await asks("Mary Atieno", `REDEEM SCHOOL ${wrong}`);
    await asks("Mary Atieno", "REDEEM SCHOOL 8052");
    await asks("Mary Atieno", "REDEEM SCHOOL 3333");
    await asks("Mary Atieno", "REDEEM SCHOOL 5927");
    expect(await balanceOf(world, "Akoth Atieno")).toBe(40);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("is not needed to be heard as the oldest account", async () => {
    expect(await asks("Mary Atieno", "BAL")).toMatch(/\b40\b/);
    expect(await asks("Mary Atieno", "CLAIM GARDEN")).toMatch(/\b10\b/);
    const { name } = await world.db
      .selectFrom("claim")
      .innerJoin("member", "member.id", "claim.member_id")
      .select("name")
      .executeTakeFirstOrThrow();
    expect(name).toBe("Mary Atieno");
  });
});
