import { sql } from "kysely";
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expireRedemptions, warnOfExpiry } from "../../src/domain/expiry.ts";
import { keyOfOrder, orderByCode } from "../../src/domain/handover.ts";
import type { Member } from "../../src/domain/members.ts";
import { ordersForManager } from "../../src/domain/order-lists.ts";
import { requestRedemption } from "../../src/domain/redemptions.ts";
import { rewardsInForce } from "../../src/domain/rewards.ts";
import { cancelRedemption, handOver, settleWithoutKey } from "../../src/domain/settling.ts";
import { sendSoccs } from "../../src/domain/transfers.ts";
import { post } from "../../src/ledger/post.ts";
import { verify } from "../../src/ledger/verify.ts";
import { autocommit, transfer } from "../support/ledger.ts";
import { openMarket, type Market } from "../support/market.ts";

// What is told must be true, and what locks must hold (R7, R13, R14, R16).
describe("in the market of Kisumu", () => {
  let market: Market;
  let achieng: Member, wanjiku: Member, grace: Member, njeri: Member, okello: Member;
  beforeAll(async () => {
    market = await openMarket();
    ({ achieng, grace } = market);
    wanjiku = await market.person("Wanjiku");
    njeri = await market.person("Njeri");
    okello = await market.person("Okello");
    await market.earned(achieng, 1_000);
    await market.db
      .insertInto("reward")
      .values({
        community_id: market.community.id,
        id: uuid(),
        code: "LOAN",
        kind: "unlock",
        name: JSON.stringify({ en: "Loan" }),
        price: 250,
        position: 9,
        valid_from: market.clock.now(),
      })
      .execute();
  });
  afterAll(() => market.close());

  const wrongKey = ({ code, key }: { code: string; key: string }) => ({
    code,
    key: key === "00000" ? "00001" : "00000",
  });
  const triesInARow = async (vendor: Member): Promise<number> => {
    const { wrong_tries } = await market.db
      .selectFrom("vendor")
      .select("wrong_tries")
      .where("member_id", "=", vendor.id)
      .executeTakeFirstOrThrow();
    return wrong_tries;
  };
  const newest = () =>
    market.db
      .selectFrom("redemption")
      .selectAll()
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirstOrThrow();

  test("a vendor cannot try keys without end by giving the right code in between", async () => {
    await market.order(achieng, "SCHOOL", njeri);
    const codes = await market.codesOf(achieng);
    const answers: string[] = [];
    for (let tries = 1; tries <= 4; tries += 1) {
      answers.push((await market.done(njeri, wrongKey(codes))).type);
      await market.act((at) => orderByCode(at, { vendor: njeri, code: codes.code }));
    }
    answers.push((await market.done(njeri, wrongKey(codes))).type);
    expect(answers).toEqual(["wrong", "wrong", "wrong", "wrong", "locked"]);
    expect(await market.done(njeri, codes)).toMatchObject({ type: "locked" });
    await market.act((at) => cancelAll(market, at, achieng));
  });

  test("nor by giving right keys in between: five of one order make its key worthless", async () => {
    market.clock.moveOn({ minutes: 61 });
    await market.order(achieng, "SCHOOL", njeri);
    const guessed = await market.codesOf(achieng);
    const redemption_id = await market.newestOrderOf(achieng);
    await market.order(achieng, "SCHOOL", njeri);
    const known = await market.codesOf(achieng);
    const tries = async (times: number) => {
      for (let at = 0; at < times; at += 1) await market.done(njeri, wrongKey(guessed));
    };
    await tries(4);
    expect(await triesInARow(njeri)).toBe(4);
    expect(await market.done(njeri, known)).toMatchObject({ type: "settled" });
    expect(await triesInARow(njeri)).toBe(0);
    // What they know of an order that has ended gives no more tries.
    await market.done(njeri, { code: "000000", key: "00000" });
    expect(await market.done(njeri, known)).toMatchObject({ type: "paid-before" });
    expect(await triesInARow(njeri)).toBe(1);
    expect(await market.done(njeri, wrongKey(guessed))).toEqual({ type: "key-spent" });
    expect((await market.textsTo(grace)).at(-1)).toMatchObject({
      text: "key-spent",
      fields: { vendor: njeri.name, member: achieng.name, count: 5 },
    });
    // The right one is worth no more, and nothing tells that it was right.
    expect(await market.done(njeri, guessed)).toEqual({ type: "key-spent" });
    expect(await triesInARow(njeri)).toBe(2);
    expect(
      await market.act((at) => settleWithoutKey(at, { manager: grace, redemption_id })),
    ).toMatchObject({ type: "settled" });
    expect(await market.done(njeri, guessed)).toMatchObject({ type: "paid-before" });
  });

  test("a vendor whose answer was lost hears how the order ended, and has tried nothing wrong", async () => {
    const before = await triesInARow(njeri);
    const ends = async (end: (redemption_id: string) => Promise<unknown>) => {
      await market.order(achieng, "SCHOOL", njeri);
      await end(await market.newestOrderOf(achieng));
      return await market.codesOf(achieng);
    };
    const called_off = await ends((redemption_id) =>
      market.act((at) => cancelRedemption(at, { member: achieng, redemption_id })),
    );
    expect(await market.done(njeri, called_off)).toMatchObject({ type: "called-off-before" });
    const paid = await ends((redemption_id) =>
      market.act((at) => handOver(at, { vendor: njeri, redemption_id })),
    );
    const receipt = (await market.textsTo(njeri)).at(-1)?.fields["receipt"];
    expect(await market.done(njeri, paid)).toMatchObject({
      type: "paid-before",
      fields: { receipt, amount: 20 },
    });
    expect(await market.done(okello, paid)).toMatchObject({ type: "wrong" });
    const expired = await ends(() => {
      market.clock.moveOn({ days: 7 });
      return Promise.resolve();
    });
    expect(await market.done(njeri, expired)).toEqual({ type: "expired-before" });
    expect(await market.act(expireRedemptions)).toBe(1);
    expect((await market.textsTo(njeri)).at(-1)).toMatchObject({
      text: "order-expired",
      fields: { member: achieng.name },
    });
    expect(await market.done(njeri, expired)).toEqual({ type: "expired-before" });
    expect(await triesInARow(njeri)).toBe(before);
    expect(await market.done(njeri, wrongKey(expired))).toMatchObject({ type: "wrong" });
    expect(await triesInARow(njeri)).toBe(before + 1);
  });

  test("a code typed alone counts as wrong where its order has ended, until its key is there", async () => {
    await market.order(achieng, "SCHOOL", njeri);
    const codes = await market.codesOf(achieng);
    expect(await market.done(njeri, codes)).toMatchObject({ type: "settled" });
    const typed = async (code: string) => {
      const named = await market.act((at) => orderByCode(at, { vendor: njeri, code }));
      if (named.type !== "found") throw new Error(named.type);
      return named.found;
    };
    const never = codes.code === "999999" ? "999998" : "999999";
    expect(await typed(never)).toEqual({ is_open: false, id: null, tries: 4 });
    const ended = await typed(codes.code);
    expect(ended).toMatchObject({ is_open: false, tries: 3 });
    expect(await triesInARow(njeri)).toBe(2);
    const key = (of: string) =>
      market.act((at) => keyOfOrder(at, { vendor: njeri, order: ended, key: of }));
    expect(await key(wrongKey(codes).key)).toMatchObject({ type: "wrong", fields: { tries: 2 } });
    expect(await key(codes.key)).toEqual({ type: "found", found: true });
    expect(await triesInARow(njeri)).toBe(2);
  });

  test("what the partner hands over has a code and no key, and is no sign of fraud", async () => {
    expect(await market.order(achieng, "FEES", null)).toMatchObject({
      type: "requested-at-partner",
    });
    const told = (await market.textsTo(achieng)).at(-1);
    expect(told).toMatchObject({ text: "redemption-at-partner" });
    expect(told?.fields).not.toHaveProperty("key");
    const { id: redemption_id, key_digest } = await newest();
    expect(key_digest).toBeNull();
    expect(
      await market.act((at) => settleWithoutKey(at, { manager: grace, redemption_id })),
    ).toMatchObject({ type: "settled-at-partner", fields: { amount: 100 } });
    expect(await newest()).toMatchObject({ state: "fulfilled", without_key: false });
    const { act } = await market.db
      .selectFrom("audit_event")
      .select("act")
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirstOrThrow();
    expect(act).toBe("redemption.settled");
  });

  test("a right key for an order that was called off meanwhile is no wrong try", async () => {
    await market.order(achieng, "SCHOOL", njeri);
    const { code, key } = await market.codesOf(achieng);
    const order_id = await market.newestOrderOf(achieng);
    const found = await market.act((at) => orderByCode(at, { vendor: njeri, code }));
    if (found.type !== "found") throw new Error(found.type);
    await market.act((at) => cancelRedemption(at, { member: achieng, redemption_id: order_id }));
    const before = await triesInARow(njeri);
    const told = await market.act(async (at) => {
      const looked = await keyOfOrder(at, { vendor: njeri, order: found.found, key });
      return looked.type === "found"
        ? await handOver(at, { vendor: njeri, redemption_id: order_id })
        : looked;
    });
    expect(told).toMatchObject({ type: "called-off-before" });
    expect(await triesInARow(njeri)).toBe(before);
  });

  test("an unlock says that nothing is held, and whoever ends it that nothing was taken", async () => {
    const balance = await market.balanceOf(achieng);
    await market.order(achieng, "LOAN", null);
    const texts = await market.textsTo(achieng);
    expect(texts.at(-1)).toMatchObject({ text: "redemption-at-partner", fields: { price: 0 } });
    const first = await market.newestOrderOf(achieng);
    expect(
      await market.act((at) => cancelRedemption(at, { member: achieng, redemption_id: first })),
    ).toMatchObject({ type: "cancelled", fields: { balance } });

    await market.order(achieng, "LOAN", null);
    market.clock.moveOn({ days: 6, minutes: 1 });
    await market.act(warnOfExpiry);
    expect((await market.textsTo(achieng)).at(-1)).toMatchObject({ text: "unlock-expiring" });
    market.clock.moveOn({ days: 2 });
    expect(await market.act(expireRedemptions)).toBe(1);
    const told = (await market.textsTo(achieng)).at(-1);
    expect(told).toMatchObject({ text: "unlock-expired", fields: { name: "Loan" } });
    expect(await market.balanceOf(achieng)).toBe(balance);

    await market.order(achieng, "LOAN", null);
    const last = await market.newestOrderOf(achieng);
    expect(
      await market.act((at) => settleWithoutKey(at, { manager: grace, redemption_id: last })),
    ).toEqual({ type: "unlocked", fields: { name: "Loan", member: achieng.name } });
    expect(await market.balanceOf(achieng)).toBe(balance);
  });

  test("one unlock of each waits at a time, also of two asked for at once", async () => {
    const both = await Promise.all([
      market.order(achieng, "LOAN", null),
      market.order(achieng, "LOAN", null),
    ]);
    expect(both.map(({ type }) => type).sort()).toEqual(["open-already", "requested-at-partner"]);
    const redemption_id = await market.newestOrderOf(achieng);
    await market.act((at) => cancelRedemption(at, { member: achieng, redemption_id }));
    expect(await market.order(achieng, "LOAN", null)).toMatchObject({
      type: "requested-at-partner",
    });
  });

  test("who has spent what an unlock asks for does not have it, until they have it again", async () => {
    const redemption_id = await market.newestOrderOf(achieng);
    const settles = () =>
      market.act((at) => settleWithoutKey(at, { manager: grace, redemption_id }));
    const spent = (await market.balanceOf(achieng)) - 249;
    await post(autocommit(market.db), market.community.id, [
      transfer(achieng.id, wanjiku.id, spent),
    ]);
    expect(await settles()).toEqual({
      type: "unlock-short",
      fields: { name: "Loan", member: achieng.name, price: 250 },
    });
    expect(await newest()).toMatchObject({ state: "requested" });
    await market.earned(achieng, spent);
    expect(await settles()).toMatchObject({ type: "unlocked" });
    expect(await newest()).toMatchObject({ state: "fulfilled", amount: 0, without_key: false });
  });

  test("an order repeated after its reward left the menu is answered as the first time", async () => {
    const once = uuid();
    const first = await market.order(achieng, "SCHOOL", njeri, once);
    const { id: reward_id } = await market.db
      .updateTable("reward")
      .set({ valid_until: new Date("2027-01-01T00:00:00Z") })
      .where("code", "=", "SCHOOL")
      .returning("id")
      .executeTakeFirstOrThrow();
    const spec = { once, member: achieng, reward_id, vendor_id: njeri.id };
    expect(await market.act((at) => requestRedemption(at, spec))).toEqual(first);
    await market.db
      .updateTable("reward")
      .set({ valid_until: null })
      .where("id", "=", reward_id)
      .execute();
    const again = await Promise.all(
      [1, 2, 3].map(() => market.order(achieng, "SCHOOL", njeri, "the same act at once")),
    );
    expect(new Set(again.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(again[0]).toMatchObject({ type: "requested" });
    expect(await market.act((at) => cancelAll(market, at, achieng))).toBe(2);
  });

  test("nobody orders at a vendor who has left, nor is shown what only they serve", async () => {
    await setStatus(market, okello, "closed");
    expect(await market.order(achieng, "SOLAR", okello)).toEqual({ type: "no-longer-offered" });
    const seen = async (reader: Member) =>
      (await rewardsInForce(market.db, market.community, reader)).map(({ code }) => code);
    expect(await seen(achieng)).not.toContain("SOLAR");
    await setStatus(market, okello, "active");
    expect(await seen(achieng)).toContain("SOLAR");
    // Nobody is their own customer, and the partner does not hand over in their place.
    expect(await seen(okello)).not.toContain("SOLAR");
    expect(await seen(okello)).toContain("UMBRELLA");
  });

  test("a manager does not settle without a key what pays a shop of their own phone", async () => {
    await market.order(achieng, "SCHOOL", njeri);
    const redemption_id = await market.newestOrderOf(achieng);
    const settles = () =>
      market.act((at) => settleWithoutKey(at, { manager: grace, redemption_id }));
    const listed = async () =>
      (await market.act((at) => ordersForManager(at, grace, { members: [achieng] }))).some(
        ({ id }) => id === redemption_id,
      );
    expect(await listed()).toBe(true);
    await setPhone(market, njeri, grace.phone);
    expect(await listed()).toBe(false);
    expect(await settles()).toEqual({ type: "own-account" });
    await setPhone(market, njeri, njeri.phone);
    expect(await settles()).toMatchObject({ type: "settled" });
  });

  test("a transfer repeated after the receiver left says what was sent, and the true balance", async () => {
    const once = uuid();
    const send = () =>
      market.act((at) =>
        sendSoccs(at, { once, sender: achieng, recipient_id: wanjiku.id, amount: 10 }),
      );
    const first = await send();
    expect(first).toMatchObject({
      type: "sent",
      fields: { balance: await market.balanceOf(achieng) },
      receipt: { sender: "Achieng Otieno", recipient: "Wanjiku Kamau" },
    });
    await setStatus(market, wanjiku, "closed");
    // Its receipt is not written again.
    expect(await send()).toEqual({ ...first, receipt: undefined });
    await setStatus(market, wanjiku, "active");
  });

  test("the day's limit also holds for who sends and receives hundreds of times", async () => {
    const at = { happened_at: market.clock.now(), kind: "transfer" };
    // Back and forth, so that no more than the limit has left at any time.
    const turns = Array.from({ length: 250 }, () => [
      { ...transfer(achieng.id, wanjiku.id, 1), ...at },
      { ...transfer(wanjiku.id, achieng.id, 1), ...at },
    ]).flat();
    expect(await post(autocommit(market.db), market.community.id, turns)).toHaveProperty("posted");
    expect(
      await market.act((at) =>
        sendSoccs(at, { once: uuid(), sender: achieng, recipient_id: wanjiku.id, amount: 1 }),
      ),
    ).toEqual({ type: "daily-limit", fields: { left: 0 } });
  });

  test("a member's orders and a vendor's hand-overs at the same moment never wait in a circle", async () => {
    market.clock.moveOn({ days: 1 });
    const before = await deadlocks(market);
    for (let round = 0; round < 12; round += 1) {
      await market.order(achieng, "SCHOOL", njeri);
      const codes = await market.codesOf(achieng);
      const [done, ordered] = await Promise.all([
        market.done(njeri, codes),
        market.order(achieng, "SCHOOL", njeri),
      ]);
      expect([done.type, ordered.type]).toEqual(["settled", "requested"]);
      await market.act((at) => cancelAll(market, at, achieng));
    }
    expect(await deadlocks(market)).toBe(before);
    expect((await verify(market.db, market.community.id)).mismatches).toEqual([]);
  });
});

async function cancelAll(
  market: Market,
  at: Parameters<Parameters<Market["act"]>[0]>[0],
  member: Member,
): Promise<number> {
  const open = await market.db
    .selectFrom("redemption")
    .select("id")
    .where("member_id", "=", member.id)
    .where("state", "=", "requested")
    .execute();
  for (const { id } of open) await cancelRedemption(at, { member, redemption_id: id });
  return open.length;
}

const setPhone = (market: Market, { id }: Member, phone: string) =>
  market.db.updateTable("member").set({ phone }).where("id", "=", id).execute();

const setStatus = (market: Market, { id }: Member, status: string) =>
  market.db.updateTable("member").set({ status }).where("id", "=", id).execute();

async function deadlocks({ db }: Market): Promise<number> {
  const { rows } = await sql<{ deadlocks: number }>`
    select deadlocks from pg_stat_database where datname = current_database()
  `.execute(db);
  return rows[0]?.deadlocks ?? 0;
}
