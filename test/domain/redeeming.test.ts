import { sql } from "kysely";
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expireRedemptions } from "../../src/domain/expiry.ts";
import { keyOfOrder, orderByCode } from "../../src/domain/handover.ts";
import type { Member } from "../../src/domain/members.ts";
import { requestRedemption } from "../../src/domain/redemptions.ts";
import { rewardsInForce } from "../../src/domain/rewards.ts";
import {
  cancelRedemption,
  handOver,
  ordersToSettle,
  settleWithoutKey,
} from "../../src/domain/settling.ts";
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

  test("a vendor cannot try keys without end by giving the right code in between", async () => {
    await market.order(achieng, "SCHOOL", njeri);
    const { code, key } = await market.codesOf(achieng);
    const wrong = key === "00000" ? "00001" : "00000";
    const answers: string[] = [];
    for (let tries = 1; tries <= 5; tries += 1)
      answers.push((await market.done(njeri, { code, key: wrong })).type);
    expect(answers).toEqual(["wrong", "wrong", "wrong", "wrong", "locked"]);
    expect(await market.done(njeri, { code, key })).toMatchObject({ type: "locked" });
    market.clock.moveOn({ minutes: 61 });
    expect(await market.done(njeri, { code, key })).toMatchObject({ type: "settled" });
  });

  test("a right key for an order that was called off meanwhile is no wrong try", async () => {
    await market.order(achieng, "SCHOOL", njeri);
    const { code, key } = await market.codesOf(achieng);
    const order_id = await market.newestOrderOf(achieng);
    const found = await market.act((at) => orderByCode(at, { vendor: njeri, code }));
    expect(found.type).toBe("found");
    await market.act((at) => cancelRedemption(at, { member: achieng, redemption_id: order_id }));
    const told = await market.act(async (at) => {
      const looked = await keyOfOrder(at, { vendor: njeri, order_id, key });
      return looked.type === "found"
        ? await handOver(at, { vendor: njeri, redemption_id: order_id })
        : looked;
    });
    expect(told).toEqual({ type: "ended-before" });
    const { wrong_tries } = await market.db
      .selectFrom("vendor")
      .select("wrong_tries")
      .where("member_id", "=", njeri.id)
      .executeTakeFirstOrThrow();
    expect(wrong_tries).toBe(0);
  });

  test("an unlock says that nothing is held, and whoever ends it hears the true balance", async () => {
    const balance = await market.balanceOf(achieng);
    await market.order(achieng, "LOAN", null);
    const texts = await market.textsTo(achieng);
    expect(texts.at(-1)).toMatchObject({ text: "redemption-at-partner", fields: { price: 0 } });
    const first = await market.newestOrderOf(achieng);
    expect(
      await market.act((at) => cancelRedemption(at, { member: achieng, redemption_id: first })),
    ).toMatchObject({ type: "cancelled", fields: { balance } });

    await market.order(achieng, "LOAN", null);
    market.clock.moveOn({ days: 8 });
    expect(await market.act(expireRedemptions)).toBe(1);
    const told = (await market.textsTo(achieng)).at(-1);
    expect(told).toMatchObject({ text: "redemption-expired", fields: { amount: 0, balance } });

    await market.earned(grace, 7);
    await market.order(achieng, "LOAN", null);
    const last = await market.newestOrderOf(achieng);
    expect(
      await market.act((at) => settleWithoutKey(at, { manager: grace, redemption_id: last })),
    ).toMatchObject({ type: "settled", fields: { balance: 7 } });
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
      (await market.act((at) => ordersToSettle(at, grace))).some(({ id }) => id === redemption_id);
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
    });
    await setStatus(market, wanjiku, "closed");
    expect(await send()).toEqual(first);
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
