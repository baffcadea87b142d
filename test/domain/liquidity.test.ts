import { afterAll, beforeAll, expect, test } from "vitest";
import { isBudgetReached, liquidityOf } from "../../src/domain/liquidity.ts";
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
const reached = (adding = 0) => market.act((at) => isBudgetReached(at, adding));

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
  expect(await reached()).toBe(false);
});

test("the lines are exact: a ten-thousandth under is under", async () => {
  await set("notional_value = 0.3333, liquidity_budget = 66.67");
  expect(await look()).toMatchObject({ percent: 99 });
  expect(await reached()).toBe(false);
  expect(await reached(1)).toBe(true);
  await set("notional_value = 0.3334, liquidity_budget = 66.68");
  expect(await reached()).toBe(true);
});

test("without any money everything is too much, and a tiny budget has a percentage that fits", async () => {
  await set("liquidity_budget = 0");
  expect(await reached()).toBe(true);
  await set("liquidity_budget = 0.01");
  expect(await look()).toMatchObject({ percent: 9_999 });
});
