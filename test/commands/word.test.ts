import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadWords } from "../../src/words/load.ts";
import { join } from "node:path";
import { commandLike, commandNamed } from "../../src/sms/grammar.ts";
import { easy_words } from "../../src/domain/easy-words.ts";
import { adminOf, keyFor, overseer } from "../support/admin.ts";
import { fillCache } from "../support/proposals.ts";
import { eventually, openWorld, type World } from "../support/world.ts";
import { asksIn, balanceOf, newestClaim, textsKept, type Asks } from "./texting.ts";

/** A word asked for is said to the phone alone: what is kept shows **** in its place. */
const asked = /(?:answer|jibu|dwok) ([A-Z]{4,6}[2-9]{2})\b/;

/** Opens a world whose community has chosen that its texts carry no PIN. */
async function openWordWorld(): Promise<World> {
  const world = await openWorld();
  await chooseProof(world, "word");
  return world;
}

async function chooseProof(world: World, text_proof: "pin" | "word"): Promise<void> {
  const changes = "/communities/kisumu-manyatta/menus/changes";
  const note = "Talked over at the meeting of the managers.";
  const partner = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
  const change = await partner.post(changes, { note, text_proof }).gives(201);
  const { id } = change as { id: string };
  await partner.post(`${changes}/${id}/approve`).gives(403);
  await overseer(world).post(`${changes}/${id}/approve`).gives(200, { status: "in-force" });
}

/** Texts a command, and reads the word that its answer asks for on the phone. */
const wordsIn = (world: World) => {
  const words = (who: string): readonly string[] =>
    world
      .phoneOf(who)
      .inbox()
      .flatMap((text) => asked.exec(text)?.[1] ?? []);
  return async (who: string, text: string): Promise<{ answer: string; word: string }> => {
    const before = words(who).length;
    const answer = await asksIn(world)(who, text);
    expect(answer).toContain("****");
    return await eventually(() => {
      const word = words(who)[before];
      if (word === undefined) throw new Error("no word yet");
      return { answer, word };
    });
  };
};

describe("where a community has chosen that texts carry no PIN", () => {
  let world: World;
  let asks: Asks;
  let wordFor: (who: string, text: string) => Promise<{ answer: string; word: string }>;
  beforeAll(async () => {
    world = await openWordWorld();
    asks = asksIn(world);
    wordFor = wordsIn(world);
    await world.earned("Achieng Otieno", 400);
  });
  afterAll(() => world.close());

  const claimed = async (): Promise<string> => {
    await asks("Achieng Otieno", "CLAIM GARDEN");
    return await newestClaim(world);
  };
  const wrong = (word: string): string => (word.startsWith("MANGO") ? "LEMON22" : "MANGO22");
  const transfers = async (): Promise<number> =>
    (
      await world.db
        .selectFrom("ledger.journal")
        .select("id")
        .where("kind", "=", "transfer")
        .execute()
    ).length;

  test("it was changed by nobody alone, and cannot be by a setting", async () => {
    const community = "/communities/kisumu-manyatta";
    await overseer(world).get(community).gives(200, { text_proof: "word" });
    await overseer(world).patch(community, { text_proof: "pin" }).gives(400);
  });

  test("a manager confirms a claim by a word, once", async () => {
    const code = await claimed();
    await world
      .phoneOf("Grace Akinyi")
      .receives(new RegExp(`Reply OK ${code} or NO ${code} reason$`));
    const before = await balanceOf(world, "Achieng Otieno");
    const { answer, word } = await wordFor("Grace Akinyi", `OK ${code}`);
    expect(answer).toMatch(
      /^Confirm claims: 1, 10 SoCC\? To do it, answer \*{4} within 10 minutes\./,
    );
    expect(await balanceOf(world, "Achieng Otieno")).toBe(before);

    const id = randomUUID();
    const phone = world.phoneOf("Grace Akinyi");
    await Promise.all(
      Array.from({ length: 8 }, (_, at) => phone.texts(word, at < 4 ? id : randomUUID())),
    );
    expect(await balanceOf(world, "Achieng Otieno")).toBe(before + 10);
    await phone.receives(/^S\w{7} Confirmed: claims 1, 10 SoCC in all/);
    expect(await asks("Grace Akinyi", word)).toMatch(/^Nothing waits for that word any more/);
    await world.phoneOf("Achieng Otieno").receives(/You earned 10 SoCC/);
  });

  test("the word is heard in any case, in two pieces, and after YES", async () => {
    for (const as of [
      (word: string) => word.toLowerCase(),
      (word: string) => `Yes, ${word}!`,
      (word: string) => `ndiyo ${word.slice(0, -2)} ${word.slice(-2)}`,
    ]) {
      const { word } = await wordFor("Grace Akinyi", `OK ${await claimed()}`);
      expect(await asks("Grace Akinyi", as(word))).toMatch(/^S\w{7} Confirmed: claims 1/);
    }
  });

  test("the word is heard in the words that ask for it, and after yes", async () => {
    for (const as of [
      (word: string) => `answer ${word}`,
      (word: string) => `Yes, do it: ${word}`,
      (word: string) =>
        `To do it, answer ${word.slice(0, -2)} ${word.slice(-2)} within 10 minutes.`,
      (word: string) => `jibu ${word.slice(0, -2)}-${word.slice(-2)}`,
      (word: string) => `Dwok ${word}`,
    ]) {
      const { word } = await wordFor("Grace Akinyi", `OK ${await claimed()}`);
      expect(await asks("Grace Akinyi", as(word))).toMatch(/^S\w{7} Confirmed: claims 1/);
    }
  });

  test("a word that is spoken of is not said: nothing is done, and it is not kept", async () => {
    const code = await claimed();
    const { word } = await wordFor("Grace Akinyi", `OK ${code}`);
    const spaced = `${word.slice(0, -2)} ${word.slice(-2)}`;
    for (const text of [
      `what is ${word}?`,
      `I did not do it ${word}`,
      `Not you? Leave it. ${word}`,
      `I never asked for ${spaced}.`,
    ])
      expect(await asks("Grace Akinyi", text)).toMatch(/^Sorry, we did not understand/);
    expect(await asks("Grace Akinyi", `no ${word}`)).toMatch(
      /^Please add the reason|could not read/,
    );
    const kept = await textsKept(world);
    expect(kept).not.toContain(word);
    expect(kept).not.toContain(spaced);
    expect(await asks("Grace Akinyi", word)).toMatch(/^S\w{7} Confirmed: claims 1/);
  });

  test.for(["PESA 25", "pesa 25", "PESA25", "MANGOES 25"])(
    "%s is no word, and no wrong try of one",
    async (text) => {
      const { word } = await wordFor("Grace Akinyi", `OK ${await claimed()}`);
      expect(await asks("Grace Akinyi", text)).not.toMatch(/word/i);
      expect(await asks("Grace Akinyi", word)).toMatch(/^S\w{7} Confirmed: claims 1/);
    },
  );

  test("a vendor's cash-out is heard in another language than English", async () => {
    await world.earned("Mama Njeri Shop", 25);
    const { answer, word } = await wordFor("Mama Njeri Shop", "PESA 25");
    expect(answer).toMatch(/^Uombe KES 225\.00: SoCC 25\?/);
    expect(await asks("Mama Njeri Shop", word)).toMatch(/KES 225\.00: SoCC 25/);
    const off = await wordFor("Mama Njeri Shop", "GHAIRI 25");
    expect(await asks("Mama Njeri Shop", off.word)).toMatch(/SoCC 25 zimerudi/);
  });

  test("a PIN that is texted by habit does nothing, and its sender is told what to do", async () => {
    const code = await claimed();
    const before = await balanceOf(world, "Achieng Otieno");
    const told = /^Texts carry no PIN here\. Text it without.*Delete your text/;
    expect(await asks("Grace Akinyi", `OK ${code} 4826`)).toMatch(told);
    expect(await asks("Grace Akinyi", `NO ${code} nobody saw it 4826`)).toMatch(told);
    expect(await asks("Achieng Otieno", "REDEEM UMBRELLA 2580")).toMatch(told);
    expect(await asks("Achieng Otieno", "SEND 0711 000 102 25 2580")).toMatch(told);
    await wordFor("Grace Akinyi", `OK ${code}`);
    expect(await asks("Grace Akinyi", "4826")).toMatch(/Delete your text/);
    expect(await balanceOf(world, "Achieng Otieno")).toBe(before);
    expect(await textsKept(world)).not.toMatch(/4826|2580/);
  });

  test("what would be refused is told at once, and no word is sent for it", async () => {
    expect(await asks("Grace Akinyi", "OK W7WW")).toMatch(/^Claim W7WW is not waiting/);
    expect(await asks("Achieng Otieno", "OK W7WW")).toMatch(/^Only a manager can do that/);
    expect(await asks("Wanjiku Kamau", "SEND 0711000101 5")).toMatch(/^Unahitaji SoCC 5 zaidi/);
    expect(await asks("Grace Akinyi", "OK")).toBe("Please add the claim code: OK claim");
    expect(await asks("Achieng Otieno", "SEND +254711000102")).toBe(
      "Please add the amount: SEND phone amount",
    );
  });

  test("a transfer is read by the recipient's name, and the word of another amount is not its", async () => {
    const before = await transfers();
    const five = await wordFor("Achieng Otieno", "SEND 0711 000 102 5");
    expect(five.answer).toMatch(/^Send 5 SoCC to Wanjiku Kamau \(\.\.102\)\? To do it/);
    const more = await wordFor("Achieng Otieno", "SEND 0711 000 102 50");
    expect(await asks("Achieng Otieno", five.word)).toMatch(/not the word we sent\. Tries left: 2/);
    expect(await transfers()).toBe(before);
    expect(await asks("Achieng Otieno", more.word)).toMatch(
      /Sent 50 SoCC from Achieng Otieno to Wanjiku Kamau/,
    );
    expect(await transfers()).toBe(before + 1);
  });

  test("the confirming text delivered again has one effect", async () => {
    const [before, id] = [await transfers(), randomUUID()];
    const { word } = await wordFor("Achieng Otieno", "SEND 0711000102 5");
    expect(await asks("Achieng Otieno", word, id)).toMatch(/Sent 5 SoCC/);
    for (let at = 0; at < 3; at += 1) expect(await asks("Achieng Otieno", word, id)).toBe("");
    expect(await transfers()).toBe(before + 1);
  });

  test("a word is good for ten minutes", async () => {
    const { word } = await wordFor("Achieng Otieno", "SEND 0711000102 5");
    world.clock.moveOn({ minutes: 10 });
    const before = await transfers();
    expect(await asks("Achieng Otieno", word)).toMatch(/^Nothing waits for that word/);
    expect(await transfers()).toBe(before);
  });

  test("a word is good from its own phone alone", async () => {
    const { word } = await wordFor("Achieng Otieno", "SEND 0711000102 5");
    const before = await transfers();
    expect(await asks("Wanjiku Kamau", word)).toMatch(/^Hakuna kinachosubiri neno hilo/);
    await wordFor("Wanjiku Kamau", "SEND 0711000101 1");
    expect(await asks("Wanjiku Kamau", word)).toMatch(/^Hilo si neno tulilotuma/);
    // Nor once the account has moved to another phone.
    const of = (phone: string) =>
      world.db.updateTable("member").set({ phone }).where("name", "=", "Achieng Otieno").execute();
    await of("+254799000111");
    expect(await asks("+254799000111", word)).toMatch(/^That is not the word we sent/);
    await of("+254711000101");
    expect(await transfers()).toBe(before);
    expect(await asks("Achieng Otieno", word)).toMatch(/Sent 5 SoCC/);
  });

  test("three wrong words lock the PIN, and with it the words, by dialling too (R27)", async () => {
    const { word } = await wordFor("Achieng Otieno", "SEND 0711000102 5");
    const before = await transfers();
    for (const left of ["Tries left: 2", "Tries left: 1", "again in 15 minutes"])
      expect(await asks("Achieng Otieno", wrong(word))).toContain(left);
    expect(await asks("Achieng Otieno", word)).toMatch(/^Nothing waits for that word/);
    expect(await asks("Achieng Otieno", "SEND 0711000102 5")).toMatch(/again in 15 minutes/);
    await world.phoneOf("Achieng Otieno").dials().presses("6", "3", "2580").ends("15 minutes");
    expect(await transfers()).toBe(before);
    world.clock.moveOn({ minutes: 15 });
    const again = await wordFor("Achieng Otieno", "SEND 0711000102 5");
    expect(await asks("Achieng Otieno", again.word)).toMatch(/Sent 5 SoCC/);
  });

  test("a second round blocks it, and then no word is sent until a right PIN or a reset", async () => {
    const { word } = await wordFor("Achieng Otieno", "SEND 0711000102 5");
    for (let at = 0; at < 3; at += 1) await asks("Achieng Otieno", wrong(word));
    expect(await asks("Achieng Otieno", "SEND 0711000102 5")).toMatch(/your PIN is blocked/);
    await world.db
      .updateTable("pin")
      .set({ blocked_at: null, rounds: 0, wrong_tries: 0, locked_until: null })
      .execute();
  });

  test("the right word takes back the wrong words before it, and no wrong PIN", async () => {
    const tries = async (): Promise<number> => {
      const { wrong_tries } = await world.db
        .selectFrom("pin")
        .innerJoin("member", "member.id", "pin.member_id")
        .select("wrong_tries")
        .where("name", "=", "Achieng Otieno")
        .executeTakeFirstOrThrow();
      return wrong_tries;
    };
    await world.phoneOf("Achieng Otieno").dials().presses("6", "3", "1111").sees("Tries left: 2");
    const { word } = await wordFor("Achieng Otieno", "SEND 0711000102 1");
    await asks("Achieng Otieno", wrong(word));
    expect(await tries()).toBe(2);
    // Asked anew, the wrong word before is not forgotten.
    const again = await wordFor("Achieng Otieno", "SEND 0711000102 1");
    expect(await asks("Achieng Otieno", again.word)).toMatch(/Sent 1 SoCC/);
    expect(await tries()).toBe(1);
    await world.phoneOf("Achieng Otieno").dials().presses("6", "3", "2580").sees("new PIN");
    expect(await tries()).toBe(0);
  });

  test("a claim that another manager decided meanwhile is not confirmed", async () => {
    const code = await claimed();
    const { word } = await wordFor("Grace Akinyi", `OK ${code}`);
    const other = await wordFor("Baraka Mwangi", `OK ${code}`);
    await asks("Baraka Mwangi", other.word);
    expect(await asks("Grace Akinyi", word)).toMatch(new RegExp(`^Claim ${code} is not waiting`));
    expect(await asks("Grace Akinyi", word)).toMatch(/^Nothing waits for that word/);
  });

  test.for([
    [
      "Grace Akinyi",
      "DEED 0711000102 DUMP",
      /^Record 15 SoCC for Wanjiku Kamau\?/,
      /Recorded: 15 SoCC/,
    ],
    ["Grace Akinyi", "ENROL 0711000888 Asha Ali", /^Enrol Asha Ali\?/, /^Asha Ali is enrolled/],
    [
      "Achieng Otieno",
      "REDEEM UMBRELLA",
      /^Order Umbrella, 40 SoCC\?/,
      /^Umbrella at Mama Njeri Shop: 40 SoCC held/,
    ],
    ["Mama Njeri Shop", "CASHOUT 5", /^Uombe KES 45\.00: SoCC 5\?/, /KES 45\.00: SoCC 5/],
    ["Mama Njeri Shop", "CANCEL 5", /^Ughairi KES 45\.00\?/, /KES 45\.00\. SoCC 5 zimerudi/],
  ] as const)("%s: %s", async ([who, text, would, done]) => {
    await world.earned("Mama Njeri Shop", 5).catch(() => undefined);
    const { answer, word } = await wordFor(who, text);
    expect(answer).toMatch(would);
    expect(await asks(who, word)).toMatch(done);
  });

  test("an order is called off, and a claim rejected", async () => {
    const { code } = await eventually(() => {
      const texts = world.phoneOf("Achieng Otieno").inbox().join("\n");
      const [, code] = /Code (\d{6})/.exec(texts) ?? [];
      if (code === undefined) throw new Error("no code yet");
      return { code };
    });
    const off = await wordFor("Achieng Otieno", `CANCEL ${code}`);
    expect(off.answer).toMatch(/^Call off Umbrella\?/);
    expect(await asks("Achieng Otieno", off.word)).toMatch(/^Umbrella is called off/);
    const claim = await claimed();
    const no = await wordFor("Grace Akinyi", `NO ${claim} nobody saw it`);
    expect(no.answer).toMatch(new RegExp(`^Reject claim ${claim} of Achieng Otieno\\?`));
    expect(await asks("Grace Akinyi", no.word)).toMatch(/rejected/);
    await world.phoneOf("Achieng Otieno").receives(/nobody saw it/);
  });

  test("a proposal is put and voted on", async () => {
    await fillCache(world.db, 1_000);
    const put = await wordFor("Grace Akinyi", "PROPOSE CHAIRS");
    expect(put.answer).toMatch(/^Propose Ten chairs, 800 commSoCC\?/);
    const [, code = ""] = /^Proposal (\w{4}):/.exec(await asks("Grace Akinyi", put.word)) ?? [];
    const vote = await wordFor("Achieng Otieno", `VOTE ${code} NO`);
    expect(vote.answer).toMatch(new RegExp(`^Vote NO on ${code} Ten chairs\\?`));
    expect(await asks("Achieng Otieno", "VOTE")).toContain(
      `Text VOTE code YES/NO/ABSTAIN: ${code}`,
    );
    expect(await asks("Achieng Otieno", vote.word)).toMatch(/your vote is NO/);
    expect(await asks("Achieng Otieno", `VOTE ${code}`)).toMatch(/yes 0, no 1, abstain 0/);
  });

  test("a dispute is decided on", async () => {
    const sent = await wordFor("Achieng Otieno", "SEND 0711000102 4");
    const [, receipt = ""] = /^(S\w{7}) Sent/.exec(await asks("Achieng Otieno", sent.word)) ?? [];
    await asks("Achieng Otieno", `DISPUTE ${receipt} wrong number`);
    const undo = await wordFor("Grace Akinyi", `OK ${receipt}`);
    expect(undo.answer).toMatch(new RegExp(`^Undo ${receipt}\\?`));
    const stand = await wordFor("Grace Akinyi", `NO ${receipt}`);
    expect(stand.answer).toMatch(new RegExp(`^Let ${receipt} stand\\?`));
    expect(await asks("Grace Akinyi", stand.word)).toMatch(/^Noted\. The partner decides too/);
  });

  const several = /^Simuni en mar ji mang'eny\. Or kendo, gi nyingi mokwongo/;

  test("of several who share a phone the first name says who texts", async () => {
    await world.earned("Mary Atieno", 20);
    await world.earned("Akoth Atieno", 30);
    expect(await asks("Mary Atieno", "SEND 0711000101 5")).toMatch(several);
    expect(await asks("Mary Atieno", "REDEEM SCHOOL")).toMatch(several);
    expect(await asks("Mary Atieno", "SEND 0711000101 5 Wanjiku")).toMatch(several);
    const { word } = await wordFor("Mary Atieno", "SEND 0711000101 5 akoth");
    expect(await asks("Mary Atieno", word)).toMatch(/SoCC 5: Akoth Atieno ne Achieng Otieno/);
    expect(await balanceOf(world, "Akoth Atieno")).toBe(25);
    expect(await balanceOf(world, "Mary Atieno")).toBe(20);
    const order = await wordFor("Mary Atieno", "REDEEM SCHOOL Mary");
    expect(await asks("Mary Atieno", order.word)).toContain("SoCC 20");
    expect(await asks("Mary Atieno", "CANCEL SCHOOL")).toMatch(several);
    const off = await wordFor("Mary Atieno", "CANCEL SCHOOL Mary");
    await asks("Mary Atieno", off.word);
    expect(await balanceOf(world, "Mary Atieno")).toBe(20);
  });

  test("KEEP is for the one of them whose number is being changed", async () => {
    const move = await wordFor("Grace Akinyi", "MOVE 0711000108 0711000777 Akoth");
    await asks("Grace Akinyi", move.word);
    const { word } = await wordFor("Mary Atieno", "KEEP");
    expect(await asks("Mary Atieno", word)).not.toMatch(/^Onge loko/);
    const { state } = await world.db
      .selectFrom("number_change")
      .select("state")
      .orderBy("asked_at", "desc")
      .executeTakeFirstOrThrow();
    expect(state).not.toBe("witnessed");
    expect(await asks("Mary Atieno", "KEEP")).toMatch(several);
  });

  test("an account without a PIN is not counted, nor one without the role", async () => {
    const reset = (reset_ready_at: Date | null) =>
      world.db
        .updateTable("pin")
        .set({ reset_ready_at })
        .where("member_id", "in", (eb) =>
          eb.selectFrom("member").select("id").where("name", "=", "Akoth Atieno"),
        )
        .execute();
    await reset(world.clock.now());
    const alone = await wordFor("Mary Atieno", "SEND 0711000101 1");
    expect(await asks("Mary Atieno", alone.word)).toMatch(/SoCC 1: Mary Atieno ne Achieng/);
    await reset(null);
    await world.db
      .updateTable("member")
      .set({ roles: ["member", "manager"] })
      .where("name", "=", "Mary Atieno")
      .execute();
    const { word } = await wordFor("Mary Atieno", `OK ${await claimed()}`);
    expect(await asks("Mary Atieno", word)).toMatch(/Oyie: kwayo 1/);
    expect(await asks("Mary Atieno", "SEND 0711000101 5")).toMatch(several);
  });

  test("who has no PIN yet gets no word, and a PIN is changed by the old one alone", async () => {
    expect(await asks("Asha Ali", "CANCEL 123456")).toMatch(/^You have no PIN yet/);
    expect(await asks("Asha Ali", "PIN 8264 8264")).toMatch(/^Your PIN is set.*Delete your text/);
    expect(await asks("Asha Ali", "PIN 8265 7391")).toMatch(/^Wrong PIN/);
    expect(await asks("Asha Ali", "PIN 8264 7391")).toMatch(/^Your PIN is set/);
  });

  test("no text says to text a PIN, but those on choosing one", async () => {
    await claimed();
    for (const text of ["HELP", "LIST", "SHOP", "OK", "DEED"])
      expect(await asks("Grace Akinyi", text)).not.toMatch(/PIN/);
    expect(await asks("Achieng Otieno", "HELP")).not.toMatch(/PIN/);
  });

  test("after ninety days of silence the first name is wanted, at the end (R28)", async () => {
    world.clock.moveOn({ days: 91 });
    const before = await transfers();
    expect(await asks("Achieng Otieno", "SEND 0711000102 2")).toMatch(/first name at the end/);
    expect(await asks("Achieng Otieno", "SEND 0711000102 2 Wanjiku")).toMatch(/at the end/);
    // Nor does a name whose word never came end the silence, or a word that came without the name.
    await asks("Achieng Otieno", "SEND 0711000102 100000 achieng");
    expect(await asks("Achieng Otieno", "SEND 0711000102 2")).toMatch(/at the end/);
    await wordFor("Achieng Otieno", "REDEEM UMBRELLA achieng");
    expect(await asks("Achieng Otieno", "SEND 0711000102 2")).toMatch(/at the end/);
    const number = await wordFor("Achieng Otieno", "NUMBER 0711000777");
    await asks("Achieng Otieno", number.word);
    expect(await asks("Achieng Otieno", "SEND 0711000102 2")).toMatch(/at the end/);
    const { word } = await wordFor("Achieng Otieno", "SEND 0711000102 2 achieng");
    expect(await asks("Achieng Otieno", word)).toMatch(/Sent 2 SoCC/);
    expect(await transfers()).toBe(before + 1);
    const next = await wordFor("Achieng Otieno", "SEND 0711000102 2");
    expect(await asks("Achieng Otieno", next.word)).toMatch(/Sent 2 SoCC/);
  });

  test("a manager who was silent as long says who they are with LIST, by a word (R28)", async () => {
    world.clock.moveOn({ days: 91 });
    const claim = await claimed();
    expect(await asks("Grace Akinyi", `OK ${claim}`)).toMatch(
      /Text LIST name with your first name/,
    );
    const { word } = await wordFor("Grace Akinyi", "LIST grace");
    expect(await asks("Grace Akinyi", `OK ${claim}`)).toMatch(/Text LIST name/);
    expect(await asks("Grace Akinyi", word)).toContain(claim);
    // Any other word is of what waits, as ever.
    expect(await asks("Grace Akinyi", "LIST GARDEN")).toContain(claim);
    const confirmed = await wordFor("Grace Akinyi", `OK ${claim}`);
    expect(await asks("Grace Akinyi", confirmed.word)).toMatch(/^S\w{7} Confirmed: claims 1/);
    // Achieng as well, for what follows.
    const sent = await wordFor("Achieng Otieno", "SEND 0711000102 1 achieng");
    await asks("Achieng Otieno", sent.word);
  });

  test("no word and no number stands anywhere, and the books are right", async () => {
    const { word } = await wordFor("Achieng Otieno", "SEND 0711000102 1");
    const stored = await world.everythingStored();
    expect(stored).not.toContain(word);
    expect(stored).not.toContain("711000102");
    await asks("Achieng Otieno", word);
    expect(await textsKept(world)).not.toContain(word);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("with PINs chosen again a word is no command, and a PIN is wanted", async () => {
    const { word } = await wordFor("Achieng Otieno", "SEND 0711000102 1");
    await chooseProof(world, "pin");
    const before = await transfers();
    expect(await asks("Achieng Otieno", word)).toMatch(/^Sorry, we did not understand/);
    expect(await asks("Achieng Otieno", "SEND 0711000102 1")).toMatch(/^Please add the PIN/);
    expect(await asks("Achieng Otieno", "SEND 0711000102 1 2580")).toMatch(/Sent 1 SoCC/);
    expect(await transfers()).toBe(before + 1);
  });
});

describe("the words", () => {
  const languages = [
    ...loadWords(join(import.meta.dirname, "../../menus/words")).languages.values(),
  ];

  test("are harder to guess than a PIN, and each is one alone", () => {
    expect(new Set(easy_words).size).toBe(easy_words.length);
    expect(easy_words.length * 8 * 8).toBeGreaterThan(10_000);
  });

  test.each(easy_words)("%s is like no keyword in any language", (word) => {
    expect(word).toMatch(/^[A-Z]{4,6}$/);
    expect(commandNamed(languages, word)).toBeUndefined();
    expect(commandLike(languages, word)).toBeUndefined();
  });
});
