import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { postForm } from "../support/phone.ts";
import { callback_secret, openWorld, type World } from "../support/world.ts";

const path = `/at/${callback_secret}/ussd`;

// Trap 4: the gateway names no turn, so the same turn may come again, also at the same moment.
describe("the same turn twice", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const count = async (table: "claim" | "ledger.journal" | "message"): Promise<number> =>
    (await world.db.selectFrom(table).selectAll().execute()).length;

  /** The fields of the turn that would act, with everything before it done. */
  const upTo = async (
    name: string,
    replies: readonly string[],
  ): Promise<Record<string, string>> => {
    const { fields } = await world
      .phoneOf(name)
      .dials()
      .presses(...replies.slice(0, -1))
      .last();
    return { ...fields, text: withReply(fields, replies.at(-1) ?? "") };
  };

  const withReply = ({ text = "" }: Readonly<Record<string, string>>, reply: string): string =>
    text === "" ? reply : `${text}*${reply}`;

  const post = async (fields: Record<string, string>): Promise<string> =>
    (await postForm(world.service.app, path, fields)).body;

  beforeEach(async () => {
    await world.phoneOf("Achieng Otieno").dials().presses("2", "3", "1").ends("Claim");
  });

  test("a claim is made once, one after the other and ten at once", async () => {
    const before = await count("claim");
    const turn = await upTo("Wanjiku Kamau", ["2", "5", "1"]);
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(turn)));
    answers.push(await post(turn));
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^END Dai/);
    expect(await count("claim")).toBe(before + 1);
  });

  test("a confirmation posts once, and everybody is told the same", async () => {
    const before = await count("ledger.journal");
    const turn = await upTo("Grace Akinyi", ["8", "1", "2", "1", "4826"]);
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(turn)));
    answers.push(await post(turn));
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^END S\w{7} Confirmed/);
    expect(await count("ledger.journal")).toBe(before + 1);
    expect((await world.verifyBooks()).ok).toBe(true);
  });

  test("a first turn that holds everything, ten at once under one session, acts once", async () => {
    const [claims, journals] = [await count("claim"), await count("ledger.journal")];
    const fields = { ...(await upTo("Achieng Otieno", ["2", "5", "1"])), sessionId: "ATUid_deep" };
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(fields)));
    expect(new Set(answers).size).toBe(1);
    expect(await count("claim")).toBe(claims + 1);
    expect(await count("ledger.journal")).toBe(journals);
  });

  test("two managers confirming one claim at once: one posting, both told the truth", async () => {
    const before = await count("ledger.journal");
    const turns = [
      await upTo("Grace Akinyi", ["8", "1", "2", "1", "4826"]),
      await upTo("Baraka Mwangi", ["8", "1", "2", "1", "9517"]),
    ];
    const answers = await Promise.all(turns.map(post));
    expect(answers.filter((answer) => answer.startsWith("END S"))).toHaveLength(1);
    expect(answers.filter((answer) => answer.startsWith("CON"))).toHaveLength(1);
    expect(await count("ledger.journal")).toBe(before + 1);
  });

  test("turns at once that do not agree: one is taken, and all are shown what it came to", async () => {
    const { fields } = await world.phoneOf("Ouma Odhiambo").dials().presses("2").last();
    const turns = ["3", "4", "5", "6"].map((reply) => ({
      ...fields,
      text: withReply(fields, reply),
    }));
    const answers = await Promise.all(turns.map(post));
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^CON /);
  });

  test("a text delivered ten times at once confirms once and is answered once", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    const [, code = ""] = await grace.receives(/Achieng Otieno claims.*OK (\w{4})/);
    const [journals, messages] = [await count("ledger.journal"), await count("message")];
    const statuses = await Promise.all(
      Array.from({ length: 10 }, () => grace.texts(`OK ${code} 4826`, "one-text")),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await count("ledger.journal")).toBe(journals + 1);
    // The member's receipt and the manager's answer.
    expect(await count("message")).toBe(messages + 2);
  });
});
