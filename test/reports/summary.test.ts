import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { markPaid } from "../../src/domain/cash-out-payment.ts";
import { askCashOut } from "../../src/domain/cash-outs.ts";
import { correct } from "../../src/domain/correcting.ts";
import type { Member } from "../../src/domain/members.ts";
import { settleWithoutKey } from "../../src/domain/settling.ts";
import { sendSoccs } from "../../src/domain/transfers.ts";
import { chart } from "../../src/ledger/chart.ts";
import { summarise } from "../../src/reports/summary.ts";
import { openMarket, type Market } from "../support/market.ts";
import { lifeIn, type Life } from "./life.ts";

// R3, R24. Kisumu began on 14 March.
describe("the months of a summary", () => {
  let market: Market;
  let life: Life;
  let ouma: Member, wanjiku: Member, njeri: Member;
  beforeAll(async () => {
    market = await openMarket();
    life = lifeIn(market);
    ouma = await market.person("Ouma");
    wanjiku = await market.person("Wanjiku");
    njeri = await market.person("Njeri");
  });
  afterAll(() => market.close());

  const read = (months = 12) =>
    summarise(market.db, market.community, { months, now: market.clock.now() });

  async function order(reward: string, vendor: Member | null): Promise<void> {
    await market.order(market.achieng, reward, vendor);
    const redemption_id = await market.newestOrderOf(market.achieng);
    const settled = { manager: market.grace, redemption_id };
    await market.act((at) => settleWithoutKey(at, settled));
  }

  test("begin with the month of the founding: its days before count as days with nothing", async () => {
    await market.earned(market.achieng, 300);
    life.on("2026-03-31T12:00:00Z");
    const sent = { once: uuid(), sender: market.achieng, recipient_id: wanjiku.id, amount: 10 };
    await market.act((at) => sendSoccs(at, sent));
    const { months, deeds } = await read();
    expect(months).toEqual([
      {
        month: "2026-03",
        earned: 300,
        redeemed: 0,
        redeemed_at_partner: 0,
        transferred: 10,
        cashed_out: 0,
        cash_paid: "0.00",
        outstanding: 300,
        // 18 days of 300, 13 of none: 174.19….
        outstanding_average: 174,
        // 10 × 31 / 5400 = 0.0574….
        velocity: "0.06",
        self_sufficiency_percent: null,
        accrued: 60,
        cache_spent: 0,
        cache: 60,
      },
    ]);
    expect(deeds).toMatchObject([{ code: null, count: 1, total: 300 }]);
  });

  test("tell what vendors carried from what the partner paid for", async () => {
    life.on("2026-04-10T09:00:00Z");
    await order("SCHOOL", njeri);
    await order("UMBRELLA", njeri);
    await order("FEES", null);
    await market.act((at) => askCashOut(at, { once: uuid(), vendor: njeri, amount: 30 }));
    const { id } = await market.db.selectFrom("cash_out").select("id").executeTakeFirstOrThrow();
    await market.act((at) => markPaid(at, { id, actor: "key:partner" }));
    await life.posted("communal-reward", [
      { account: chart.cache, unit: "commSoCC", amount: -9 },
      { account: chart.comm_settlement, unit: "commSoCC", amount: 9 },
    ]);
    life.on("2026-04-20T09:00:00Z");
    await life.did(ouma, "WASTE", 2);
    const { months, deeds, liquidity } = await read();
    expect(months.map(({ month }) => month)).toEqual(["2026-03", "2026-04"]);
    expect(months[1]).toEqual({
      month: "2026-04",
      earned: 6,
      redeemed: 160,
      redeemed_at_partner: 100,
      transferred: 0,
      cashed_out: 30,
      cash_paid: "270.00",
      outstanding: 176,
      // 9 days of 300, 10 of 170, today with 176: 228.8.
      outstanding_average: 228,
      // 160 × 20 / 4576 = 0.6993….
      velocity: "0.70",
      // 160 less 130, of 160: 18.75.
      self_sufficiency_percent: 18,
      accrued: 1,
      cache_spent: 9,
      cache: 52,
    });
    expect(deeds).toMatchObject([
      { code: null, count: 1, total: 300 },
      { code: "WASTE", count: 1, total: 6 },
    ]);
    expect(liquidity).toMatchObject({ outstanding_value: "1584.00", percent: 0, state: "fine" });
  });

  test("keep what they had when it is undone later, and only the last are told", async () => {
    life.on("2026-05-01T09:00:00Z");
    const journal_id = await life.newestJournal("cash-out");
    await market.act((at) => correct(at, { journal_id, reason: "bounced", actor: "key:partner" }));
    const before = await read(2);
    expect(before.months[0]).toMatchObject({ month: "2026-04", cashed_out: 30, outstanding: 176 });
    expect(before.months[1]).toMatchObject({
      month: "2026-05",
      cashed_out: -30,
      cash_paid: "-270.00",
      outstanding: 206,
      outstanding_average: 206,
      velocity: "0.00",
      self_sufficiency_percent: null,
    });
    const { months, deeds } = await read(1);
    expect(months).toEqual([before.months[1]]);
    expect(deeds).toEqual([]);
  });
});
