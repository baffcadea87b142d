import { afterAll, beforeAll, expect, test } from "vitest";
import { liquidityOf, noRoomFor } from "../../src/domain/liquidity.ts";
import type { Member } from "../../src/domain/members.ts";
import { settleWithoutKey } from "../../src/domain/settling.ts";
import { openMarket, type Market } from "../support/market.ts";
import { query } from "../support/servers.ts";

let market: Market;
let njeri: Member;
beforeAll(async () => {
  market = await openMarket();
  njeri = await market.person("Njeri");
  await market.earned(market.achieng, 300);
});
afterAll(() => market.close());

const set = (change: string) => query(market.database_url, `update community set ${change}`);
const look = (adding = 0) =>
  market.act(({ trx, community }) => liquidityOf(trx, community.id, { adding }));
const noRoom = (adding = 0) => market.act((at) => noRoomFor(at, adding));
const alerts = async () => {
  const rows = await market.db.selectFrom("alert").select("kind").orderBy("id").execute();
  return rows.map(({ kind }) => kind);
};

// R8.
test("what is held, and what vendors took, is outstanding; what the partner handed over is not", async () => {
  const { achieng, grace } = market;
  await market.order(achieng, "SCHOOL", njeri);
  await market.order(achieng, "FEES", null);
  expect(await look()).toMatchObject({ outstanding: 300 });
  const redemption_id = await market.newestOrderOf(achieng);
  await market.act((at) => settleWithoutKey(at, { manager: grace, redemption_id }));
  expect(await look()).toMatchObject({ outstanding: 200 });
});

test("it is counted at what vendors are paid, or at the notional value where they take no cash", async () => {
  await set("liquidity_budget = 10000");
  expect(await look()).toMatchObject({ outstanding_value: "1800.00", percent: 18 });
  await set("cash_out_value = null");
  expect(await look()).toMatchObject({ outstanding_value: "2000.00", percent: 20 });
  await set("notional_value = null");
  expect(await look()).toMatchObject({ outstanding_value: null, percent: null, state: "fine" });
  expect(await noRoom()).toBeUndefined();
});

test("the lines are exact: a ten-thousandth under is under", async () => {
  await set("notional_value = 0.3333, liquidity_budget = 66.67");
  expect(await look()).toMatchObject({ percent: 99, left: 0 });
  expect(await noRoom()).toBeUndefined();
  expect(await noRoom(1)).toEqual({ left: 0 });
  await set("notional_value = 0.3334, liquidity_budget = 66.68");
  expect(await noRoom()).toEqual({ left: 0 });
  await set("liquidity_budget = 66.69");
  expect(await noRoom(1)).toEqual({ left: 0 });
  await set("liquidity_budget = 67.02");
  expect(await noRoom(1)).toBeUndefined();
  expect(await noRoom(2)).toEqual({ left: 1 });
});

test("who asks for more than there is room for is told how much there is, and nobody else is", async () => {
  await set("notional_value = 10, liquidity_budget = 4000");
  await noRoom();
  const before = await alerts();
  expect(await noRoom(250)).toEqual({ left: 199 });
  expect(await alerts()).toEqual(before);
  expect(await noRoom(199)).toBeUndefined();
  expect(await alerts()).toEqual([...before, "liquidity-reached"]);
});

test("without any money everything is too much, and a tiny budget has a percentage that fits", async () => {
  await set("liquidity_budget = 0");
  expect(await noRoom()).toEqual({ left: 0 });
  await set("liquidity_budget = 0.01");
  expect(await look()).toMatchObject({ percent: 9_999 });
});
