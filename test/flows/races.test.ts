import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { postForm, type Dialled, type Phone } from "../support/phone.ts";
import { callback_secret, eventually, openWorld, type World } from "../support/world.ts";

const path = `/at/${callback_secret}/ussd`;
type Turn = Readonly<Record<string, string>>;

// R13, R14: whatever comes at the same moment, there is one outcome and everybody hears the truth.
describe("races", () => {
  let world: World;
  let achieng: Phone, njeri: Phone, okello: Phone, grace: Phone;
  beforeAll(async () => {
    world = await openWorld();
    achieng = world.phoneOf("Achieng Otieno");
    njeri = world.phoneOf("Mama Njeri Shop");
    okello = world.phoneOf("Okello Solar");
    grace = world.phoneOf("Grace Akinyi");
    await world.earned("Achieng Otieno", 1_000);
    await world.earned("Wanjiku Kamau", 100);
  });
  afterAll(() => world.close());

  let code = "";
  let key = "";
  let orders = 0;
  const orderUmbrella = async (): Promise<void> => {
    await achieng.dials().presses("3", "2", "1", "2580").ends("Umbrella is ordered");
    orders += 1;
    [code = "", key = ""] = await eventually(() => {
      const found = achieng
        .inbox()
        .flatMap((text) => /Code (\d{6})\. Key (\d{5})/.exec(text)?.slice(1, 3) ?? []);
      if (found.length < 2 * orders) throw new Error("the order's text is not there yet");
      return found.slice(-2);
    });
  };
  beforeEach(async () => {
    // Whoever was locked out is let in again.
    await world.timePasses({ minutes: 61 });
    await orderUmbrella();
  });

  /** The fields of a call's next turn, to be posted when the moment has come. */
  const readyTo = async (call: Dialled, reply: string): Promise<Turn> => {
    const { fields } = await call.last();
    const { text = "" } = fields;
    return { ...fields, text: text === "" ? reply : `${text}*${reply}` };
  };
  const atOnce = async (...turns: readonly Turn[]): Promise<readonly string[]> =>
    await Promise.all(
      turns.map(async (turn) => (await postForm(world.service.app, path, turn)).body),
    );
  const newest = () =>
    world.db
      .selectFrom("redemption")
      .select(["state", "journal_id"])
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirstOrThrow();
  const balance = async (name: string): Promise<number> => {
    const row = await world.db
      .selectFrom("ledger.account as a")
      .innerJoin("member as m", "m.id", "a.id")
      .select(["a.posted", "a.held"])
      .where("m.name", "=", name)
      .executeTakeFirstOrThrow();
    return row.posted - row.held;
  };

  test("two vendors answer the same code: only whose order it is gets further", async () => {
    const [hers, his] = await atOnce(
      await readyTo(njeri.dials().presses("8"), code),
      await readyTo(okello.dials().presses("8"), code),
    );
    expect(hers).toMatch(/Mwavuli.*Achieng Otieno/s);
    expect(his).toMatch(/No open order has this code\. Tries left: 4/);
    await njeri
      .dials()
      .presses("8", code, key)
      .ends(/^END S/);
  });

  test("the last turn of a hand-over, ten times at once, pays once", async () => {
    const before = await balance("Mama Njeri Shop");
    const turn = await readyTo(njeri.dials().presses("8", code), key);
    const answers = await atOnce(...Array.from({ length: 10 }, () => turn));
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^END S\w{7} Mwavuli/);
    expect(await balance("Mama Njeri Shop")).toBe(before + 40);
  });

  test("a vendor on two calls at once is paid once, and is told so on the other", async () => {
    const before = await balance("Mama Njeri Shop");
    const answers = await atOnce(
      // Straight to the screen, for a plain dial would end the call before it.
      await readyTo(njeri.dials("*384*2255*8#").presses(code), key),
      await readyTo(njeri.dials("*384*2255*8#").presses(code), key),
    );
    expect(answers.filter((answer) => /^END S\w{7} Mwavuli/.test(answer))).toHaveLength(1);
    expect(answers.filter((answer) => /^END Ulishalipwa: S\w{7} M/.test(answer))).toHaveLength(1);
    expect(await balance("Mama Njeri Shop")).toBe(before + 40);
  });

  test("the member calls off as the vendor hands over: paid or given back, and both know which", async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      if (round > 0) await orderUmbrella();
      const [hers, his] = [await balance("Achieng Otieno"), await balance("Mama Njeri Shop")];
      const cancels = await readyTo(achieng.dials().presses("6", "1", "1", "1"), "2580");
      const hands = await readyTo(njeri.dials().presses("8", code), key);
      const [called = "", handed = ""] = await atOnce(
        ...(round % 2 === 0 ? [cancels, hands] : [hands, cancels]),
      ).then((answers) => (round % 2 === 0 ? answers : [...answers].reverse()));
      const { state } = await newest();
      seen.add(state);
      const back = state === "cancelled";
      expect(called).toMatch(back ? /Umbrella is called off/ : /This order has ended already/);
      expect(handed).toMatch(
        back ? /^END Mwavuli imeghairiwa\. Baki na bidhaa/ : /^END S\w{7} Mwavuli/,
      );
      expect(await balance("Achieng Otieno")).toBe(back ? hers + 40 : hers);
      expect(await balance("Mama Njeri Shop")).toBe(back ? his : his + 40);
    }
    expect([...seen].every((state) => ["cancelled", "fulfilled"].includes(state))).toBe(true);
  });

  test("it expires as the vendor hands over: the goods stay, and the SoCCs are given back", async () => {
    const hers = await balance("Achieng Otieno");
    await world.timePasses({ days: 6, minutes: 1439 });
    const hands = await readyTo(njeri.dials().presses("8", code), key);
    world.clock.moveOn({ minutes: 1 });
    const [[handed]] = await Promise.all([atOnce(hands), world.service.doDue()]);
    // Swept already or not yet: either way it has expired, and the goods are to be kept.
    expect(handed).toMatch(/^END Muda wa agizo hili umeisha\. Baki na bidhaa/);
    await world.timePasses({ minutes: 1 });
    expect(await newest()).toEqual({ state: "expired", journal_id: null });
    expect(await balance("Achieng Otieno")).toBe(hers + 40);
    await achieng.receives(/Umbrella was not collected\. 40 SoCC are yours again/);
  });

  test("a manager settles as the vendor hands over: once, and the other hears that it ended", async () => {
    const before = await balance("Mama Njeri Shop");
    const answers = await atOnce(
      await readyTo(grace.dials().presses("9", "4", "achieng", "1"), "4826"),
      await readyTo(njeri.dials().presses("8", code), key),
    );
    expect(answers.filter((answer) => /^END S\w{7} /.test(answer))).toHaveLength(1);
    expect(answers.filter((answer) => /ended already|Ulishalipwa: S/.test(answer))).toHaveLength(1);
    expect(await balance("Mama Njeri Shop")).toBe(before + 40);
  });

  test("two members want the last one in stock: one has it, the other keeps their SoCCs", async () => {
    await world.db.updateTable("reward").set({ stock: 1 }).where("code", "=", "UMBRELLA").execute();
    const wanjiku = world.phoneOf("Wanjiku Kamau");
    const before = [await balance("Achieng Otieno"), await balance("Wanjiku Kamau")];
    const answers = await atOnce(
      await readyTo(achieng.dials().presses("3", "2", "1"), "2580"),
      await readyTo(wanjiku.dials().presses("3", "2", "1"), "3691"),
    );
    expect(answers.filter((answer) => answer.startsWith("END "))).toHaveLength(1);
    // Asked again for another reward, with a line of why.
    expect(answers.filter((answer) => answer.startsWith("CON "))).toHaveLength(1);
    const after = [await balance("Achieng Otieno"), await balance("Wanjiku Kamau")];
    const paid = after.map((now, at) => (before[at] ?? 0) - now);
    expect(paid.toSorted((a, b) => a - b)).toEqual([0, 40]);
    expect(paid.map((amount) => amount === 40)).toEqual(
      answers.map((answer) => answer.startsWith("END ")),
    );
    const { stock } = await world.db
      .selectFrom("reward")
      .select("stock")
      .where("code", "=", "UMBRELLA")
      .executeTakeFirstOrThrow();
    expect(stock).toBe(0);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});
