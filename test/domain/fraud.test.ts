import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordDeed } from "../../src/domain/decisions.ts";
import { fraudSignals } from "../../src/domain/fraud.ts";
import type { Member } from "../../src/domain/members.ts";
import { settleWithoutKey } from "../../src/domain/settling.ts";
import { sendSoccs } from "../../src/domain/transfers.ts";
import { openMarket, type Market } from "../support/market.ts";

let market: Market;
let achieng: Member, grace: Member, wanjiku: Member, ouma: Member, mary: Member, njeri: Member;
beforeAll(async () => {
  market = await openMarket();
  ({ achieng, grace } = market);
  wanjiku = await market.person("Wanjiku");
  ouma = await market.person("Ouma");
  mary = await market.person("Mary");
  njeri = await market.person("Njeri");
  for (const member of [achieng, wanjiku, ouma, mary]) await market.earned(member, 200);
});
afterAll(() => market.close());

const signals = () => {
  const until = new Date(market.clock.now().getTime() + 1);
  const from = new Date(until.getTime() - 7 * 86_400_000);
  return fraudSignals(market.db, market.community, { from, until });
};
const gives = (sender: Member, recipient: Member) =>
  market.act((at) =>
    sendSoccs(at, { once: uuid(), sender, recipient_id: recipient.id, amount: 5 }),
  );

test("how many claims a manager confirmed in a day, for how many members", async () => {
  const { id: deed_id } = await market.db
    .selectFrom("deed")
    .select("id")
    .where("code", "=", "GARDEN")
    .executeTakeFirstOrThrow();
  const record = (member: Member) =>
    market.act((at) => recordDeed(at, { once: uuid(), manager: grace, member, deed_id, units: 1 }));
  await record(achieng);
  await record(achieng);
  await record(ouma);
  market.clock.moveOn({ days: 1 });
  await record(ouma);
  expect((await signals()).confirmations).toEqual([
    { manager_id: grace.id, day: "2026-03-14", count: 3, total: 30, members: 2 },
    { manager_id: grace.id, day: "2026-03-15", count: 1, total: 10, members: 1 },
  ]);
});

test("two who send to each other only are a pair, until one of them deals with somebody else", async () => {
  for (let turns = 0; turns < 2; turns += 1) {
    await gives(achieng, wanjiku);
    await gives(wanjiku, achieng);
    // One way only, as to a vendor: no pair.
    await gives(mary, njeri);
    await gives(mary, njeri);
  }
  expect((await signals()).pairs).toEqual([
    { member_ids: [achieng.id, wanjiku.id].sort(), transfers: 4, total: 20 },
  ]);
  await gives(ouma, wanjiku);
  expect((await signals()).pairs).toEqual([]);
});

test("a vendor's wrong tries are remembered after a right one", async () => {
  await market.order(achieng, "SCHOOL", njeri);
  const codes = await market.codesOf(achieng);
  const wrong = { ...codes, key: codes.key === "00000" ? "00001" : "00000" };
  for (let tries = 0; tries < 4; tries += 1) await market.done(njeri, wrong);
  expect(await market.done(njeri, codes)).toMatchObject({ type: "settled" });
  expect((await signals()).wrong_tries).toEqual([{ vendor_id: njeri.id, tries: 4, locks: 0 }]);
  market.clock.moveOn({ days: 1 });
  for (let tries = 0; tries < 5; tries += 1) await market.done(njeri, wrong);
  expect((await signals()).wrong_tries).toEqual([{ vendor_id: njeri.id, tries: 9, locks: 1 }]);
});

test("a day that begins when the time ends is not in it, one that has begun is", async () => {
  await market.order(achieng, "SCHOOL", njeri);
  const codes = await market.codesOf(achieng);
  const wrong = { ...codes, key: codes.key === "00000" ? "00001" : "00000" };
  market.clock.moveOn({ minutes: 61 });
  await market.done(njeri, wrong);
  const in_nairobi = new Date(market.clock.now().getTime() + 3 * 3_600_000).toISOString();
  const begins = new Date(`${in_nairobi.slice(0, 10)}T00:00:00+03:00`);
  const from = new Date(begins.getTime() - 30 * 86_400_000);
  const until = (at: Date) => fraudSignals(market.db, market.community, { from, until: at });
  const [before] = (await until(begins)).wrong_tries;
  const [after] = (await until(new Date(begins.getTime() + 1))).wrong_tries;
  expect((after?.tries ?? 0) - (before?.tries ?? 0)).toBeGreaterThan(0);
  expect(await market.done(njeri, codes)).toMatchObject({ type: "settled" });
});

test("redemptions settled without their keys, by manager and vendor", async () => {
  await market.order(achieng, "FEES", null);
  const at_partner = await market.newestOrderOf(achieng);
  expect(
    await market.act((at) => settleWithoutKey(at, { manager: grace, redemption_id: at_partner })),
  ).toMatchObject({ type: "settled-at-partner" });
  await market.order(achieng, "SCHOOL", njeri);
  const redemption_id = await market.newestOrderOf(achieng);
  await market.act((at) => settleWithoutKey(at, { manager: grace, redemption_id }));
  expect((await signals()).without_key).toEqual([
    { manager_id: grace.id, vendor_id: njeri.id, count: 1, total: 20 },
  ]);
});

test("what is older is left out, and no more than a year is looked at", async () => {
  market.clock.moveOn({ days: 10 });
  expect(await signals()).toEqual({
    confirmations: [],
    pairs: [],
    wrong_tries: [],
    without_key: [],
  });
  const until = market.clock.now();
  const from = new Date(until.getTime() - 400 * 86_400_000);
  await expect(fraudSignals(market.db, market.community, { from, until })).rejects.toThrow(
    RangeError,
  );
});
