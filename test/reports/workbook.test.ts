import { sql } from "kysely";
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { markPaid } from "../../src/domain/cash-out-payment.ts";
import { askCashOut } from "../../src/domain/cash-outs.ts";
import { receiptCode } from "../../src/domain/codes.ts";
import { correct } from "../../src/domain/correcting.ts";
import type { Member } from "../../src/domain/members.ts";
import { settleWithoutKey } from "../../src/domain/settling.ts";
import { sendSoccs } from "../../src/domain/transfers.ts";
import { chart } from "../../src/ledger/chart.ts";
import { verify } from "../../src/ledger/verify.ts";
import { makeWorkbook } from "../../src/reports/workbook/workbook.ts";
import { openMarket, type Market } from "../support/market.ts";
import { query } from "../support/servers.ts";
import { readWorkbook, type ReadWorkbook } from "../support/workbook.ts";
import { lifeIn, type Life } from "./life.ts";

// R22. Kisumu is three hours ahead of UTC.
describe("a month's workbook", () => {
  let market: Market;
  let life: Life;
  let achieng: Member, wanjiku: Member, ouma: Member, njeri: Member;
  let swept: string;
  beforeAll(async () => {
    market = await openMarket();
    life = lifeIn(market);
    achieng = market.achieng;
    wanjiku = await market.person("Wanjiku");
    ouma = await market.person("Ouma");
    njeri = await market.person("Njeri");
    // Names as somebody might enrol them who means no good.
    await query(
      market.database_url,
      `update member set name = '=HYPERLINK("http://evil")' where name = 'Mary Atieno'`,
    );
    await query(
      market.database_url,
      `update member set name = '+254 <b>&amp;' where name = 'Akoth Atieno'`,
    );
    await query(market.database_url, `update deed set sensitive = true where code = 'HYGIENE'`);
  });
  afterAll(() => market.close());

  const make = (month: string) =>
    makeWorkbook(market.db, market.community, { month, now: market.clock.now() });

  async function open(month: string): Promise<ReadWorkbook> {
    const made = await make(month);
    if (made.type !== "workbook") throw new Error(made.type);
    return await readWorkbook(made.file);
  }

  const memberOf = (book: ReadWorkbook, { name }: Member) =>
    book.rows("Members").find((row) => row["Name"] === name);

  async function cashOut(amount: number): Promise<void> {
    await market.act((at) => askCashOut(at, { once: uuid(), vendor: njeri, amount }));
  }

  async function payOldest(): Promise<void> {
    const { id } = await market.db
      .selectFrom("cash_out")
      .select("id")
      .where("state", "=", "asked")
      .orderBy("id")
      .executeTakeFirstOrThrow();
    await market.act((at) => markPaid(at, { id, actor: "key:partner" }));
  }

  const undo = (journal_id: string) =>
    market.act((at) => correct(at, { journal_id, reason: "by mistake", actor: "key:partner" }));

  test("of the founding month has what was brought over and earned up to its last minute", async () => {
    await life.broughtOver(njeri, 30, 7);
    await market.earned(achieng, 130);
    life.on("2026-03-15T09:00:00Z");
    await life.did(achieng, "WASTE", 4);
    life.on("2026-03-31T20:59:59Z");
    swept = await life.did(ouma, "DUMP");
    life.on("2026-03-31T21:00:00Z");
    await life.did(wanjiku, "GARDEN");

    const march = await open("2026-03");
    expect(march.sheets).toEqual([
      ...["Summary", "Members", "Deeds", "Redemptions"],
      ...["Transfers", "Cache", "Cash-outs", "Other"],
    ]);
    expect(march.rows("Deeds")).toMatchObject([
      { Member: "Achieng Otieno", Deed: null, iSoCC: 130, commSoCC: 26, "Confirmed by": null },
      { Member: "Achieng Otieno", Deed: "Sorted waste", Units: 4, iSoCC: 12, commSoCC: 2 },
      {
        Member: "Ouma Odhiambo",
        Deed: "Clean dump plot",
        // Not what the clock in London shows.
        Confirmed: new Date("2026-03-31T23:59:59Z"),
        Claimed: new Date("2026-03-31T23:59:59Z"),
        "Confirmed by": "Grace Akinyi",
        Receipt: receiptCode(swept),
        Undoes: null,
      },
    ]);
    expect(march.total("Deeds")).toMatchObject({ iSoCC: 157, commSoCC: 31 });
    expect(march.rows("Other")).toMatchObject([
      { Kind: "opening", Account: "Mama Njeri Shop", iSoCC: 30, commSoCC: 0 },
      { Kind: "opening", Account: "cache", iSoCC: 0, commSoCC: 7 },
    ]);
    expect(memberOf(march, achieng)).toMatchObject({ Opening: 0, Earned: 142, Closing: 142 });
    expect(memberOf(march, njeri)).toMatchObject({ Opening: 0, Other: 30, Closing: 30 });
    expect(memberOf(march, wanjiku)).toMatchObject({ Earned: 0, Closing: 0 });
    expect(march.total("Cache")).toMatchObject({
      ...{ Opening: 0, Accrued: 31, "Brought over": 7, Spent: 0, Closing: 38 },
    });
    expect(march.summary("Covers")[0]).toBe("the whole month");
    expect(march.summary("Month")[0]).toEqual(new Date("2026-03-01T00:00:00Z"));
    expect(march.summary("Made")[0]).toEqual(new Date("2026-04-01T00:00:00Z"));
  });

  test("has spending, sending, cash and what was undone of a month before", async () => {
    life.on("2026-04-03T09:00:00Z");
    for (const [reward, vendor] of [
      ["SCHOOL", njeri],
      ["FEES", null],
    ] as const) {
      await market.order(achieng, reward, vendor);
      const redemption_id = await market.newestOrderOf(achieng);
      await market.act((at) => settleWithoutKey(at, { manager: market.grace, redemption_id }));
    }
    await market.act((at) =>
      sendSoccs(at, { once: uuid(), sender: achieng, recipient_id: wanjiku.id, amount: 5 }),
    );
    await cashOut(40);
    await payOldest();
    await undo(swept);
    await life.did(ouma, "HYGIENE");
    await life.posted("communal-reward", [
      { account: chart.cache, unit: "commSoCC", amount: -9 },
      { account: chart.comm_settlement, unit: "commSoCC", amount: 9 },
    ]);
    life.on("2026-04-30T09:00:00Z");
    await cashOut(10);

    const april = await open("2026-04");
    expect(april.summary("Covers")[0]).toBe("the month so far");
    expect(memberOf(april, achieng)).toMatchObject({
      ...{ Opening: 142, Earned: 0, Spent: 120, Sent: 5, Closing: 17 },
    });
    expect(memberOf(april, njeri)).toMatchObject({
      ...{ Opening: 30, "Taken for rewards": 20, "Cashed out": 40, Closing: 10 },
    });
    expect(memberOf(april, ouma)).toMatchObject({ Opening: 15, Earned: -7, Closing: 8 });
    expect(memberOf(april, wanjiku)).toMatchObject({ Earned: 10, Received: 5, Closing: 15 });
    expect(april.total("Members")).toMatchObject({
      ...{ Opening: 187, Earned: 3, Spent: 120, "Taken for rewards": 20, Sent: 5, Received: 5 },
      ...{ "Cashed out": 40, Other: 0, Closing: 50 },
    });
    expect(april.rows("Deeds")).toMatchObject([
      { Member: "Wanjiku Kamau", Confirmed: new Date("2026-04-01T00:00:00Z"), iSoCC: 10 },
      {
        ...{
          Member: "Ouma Odhiambo",
          Deed: "Clean dump plot",
          Units: -1,
          iSoCC: -15,
          commSoCC: -3,
        },
        "Confirmed by": null,
        Undoes: receiptCode(swept),
      },
      { Member: "Ouma Odhiambo", iSoCC: 8, commSoCC: 1 },
    ]);
    expect(april.rows("Redemptions")).toMatchObject([
      {
        Reward: "School supplies",
        "Handed over by": "Mama Njeri Shop",
        iSoCC: 20,
        "Settled without key": "yes",
      },
      {
        Reward: "School fees KES 1000",
        "Handed over by": "Manyatta Women's Network",
        "Settled without key": null,
      },
    ]);
    expect(april.rows("Transfers")).toMatchObject([
      { From: "Achieng Otieno", To: "Wanjiku Kamau", iSoCC: 5 },
    ]);
    expect(april.rows("Cash-outs")).toMatchObject([
      { State: "paid", iSoCC: 40, "Paid KES": 360, "Still held": 0, "Owed KES": 0 },
      { State: "waiting", iSoCC: 0, "Paid KES": 0, "Still held": 10, "Owed KES": 90 },
    ]);
    expect(april.rows("Cache")).toMatchObject([
      { Day: new Date("2026-04-01T00:00:00Z"), Opening: 38, Accrued: 2, Closing: 40 },
      { Day: new Date("2026-04-03T00:00:00Z"), Opening: 40, Accrued: -2, Spent: 9, Closing: 29 },
    ]);
    expect(april.summary("Of these, held for rewards and cash-outs")[0]).toBe(10);
    expect(april.summary("Spent on rewards that the partner did not pay for, %")[0]).toBe(0);
    expect(april.summary("Paid to vendors, KES")[0]).toBe(360);
  });

  test("stays as it was when its lines are undone in a later month", async () => {
    const before = await open("2026-04");
    life.on("2026-05-02T09:00:00Z");
    await undo(await life.newestJournal("transfer"));
    await payOldest();
    const april = await open("2026-04");
    for (const sheet of before.sheets.slice(1)) {
      expect(april.rows(sheet)).toEqual(before.rows(sheet));
      expect(april.total(sheet)).toEqual(before.total(sheet));
    }
    const may = await open("2026-05");
    expect(may.rows("Transfers")).toMatchObject([{ From: "Achieng Otieno", iSoCC: -5 }]);
    expect(may.total("Members")).toMatchObject({
      Opening: 50,
      Sent: -5,
      Received: -5,
      Closing: 40,
    });
    expect(may.total("Cash-outs")).toMatchObject({ iSoCC: 10, "Paid KES": 90, "Still held": 0 });
  });

  test("of a leap February ends with its 29th", async () => {
    life.on("2028-02-29T20:30:00Z");
    await life.did(ouma, "WATCH");
    life.on("2028-02-29T21:10:00Z");
    await life.did(ouma, "DATA");
    const february = await open("2028-02");
    expect(february.rows("Deeds")).toMatchObject([{ Confirmed: new Date("2028-02-29T23:30:00Z") }]);
    expect(february.rows("Cache")).toMatchObject([{ Day: new Date("2028-02-29T00:00:00Z") }]);
    expect((await open("2028-03")).total("Deeds")).toMatchObject({ iSoCC: 10 });
  });

  test("has the ledger's own totals, month after month", async () => {
    let closed: unknown = 0;
    for (const month of ["2026-03", "2026-04", "2026-05", "2026-06", "2028-02", "2028-03"]) {
      const book = await open(month);
      const total = book.total("Members");
      expect(total["Opening"]).toBe(closed);
      closed = total["Closing"];
      const { rows } = await sql<{ name: string; closing: number; cache: number }>`
        select coalesce(m.name, 'cache') as name, sum(e.amount)::bigint as closing
        from ledger.entry as e
        join ledger.journal as j on j.id = e.journal_id
        left join member as m on m.id = e.account_id
        where j.happened_at at time zone 'Africa/Nairobi' < ${`${month}-01`}::date + interval '1 month'
          and (m.id is not null or e.account_id = ${chart.cache})
        group by 1
      `.execute(market.db);
      const closings = [
        ...book.rows("Members").map((row) => [row["Name"], row["Closing"]] as const),
        ["cache", book.total("Cache")["Closing"]] as const,
      ];
      const with_something = closings.filter(([, closing]) => closing !== 0);
      const wanted = rows.filter(({ closing }) => closing !== 0);
      expect(Object.fromEntries(with_something)).toEqual(
        Object.fromEntries(wanted.map(({ name, closing }) => [name, closing])),
      );
    }
    expect((await verify(market.db, market.community.id)).ok).toBe(true);
  });

  test("tells no number, no sensitive deed, and takes a name for a name", async () => {
    const april = await open("2026-04");
    const names = april.rows("Members").map((row) => row["Name"]);
    expect(names).toContain(`=HYPERLINK("http://evil")`);
    expect(names).toContain("+254 <b>&amp;");
    expect(memberOf(april, achieng)).toMatchObject({ "Phone ends": "..101", Role: "member" });
    expect(april.rows("Deeds").at(-1)).toMatchObject({ Deed: "a good deed" });
    expect(april.summary("a good deed")).toEqual([1, 8]);
    const everything = april.sheets.map((sheet) => JSON.stringify(april.rows(sheet))).join();
    expect(everything).not.toMatch(/2547110|Hygiene/);
  });

  test("is not made of a month that has not begun, or that was over before the community", async () => {
    expect(await make("2028-04")).toEqual({ type: "future" });
    expect(await make("2026-02")).toEqual({ type: "before-community", began: "2026-03" });
    expect(await make("2026-06")).toMatchObject({ type: "workbook" });
  });

  test("is read at one moment, while deeds go on being confirmed", async () => {
    const made = Array.from({ length: 4 }, () => open("2028-03"));
    const confirmed = (async () => {
      for (let count = 0; count < 40; count += 1) await life.did(wanjiku, "GARDEN");
    })();
    expect(await Promise.all(made)).toHaveLength(4);
    await confirmed;
  });

  test("is not made of books that do not agree with themselves", async () => {
    await query(
      market.database_url,
      `update ledger.account set posted = posted + 1 where id = '${achieng.id}'`,
    );
    await expect(make("2026-04")).rejects.toThrow("is not what its entries say");
  });
});
