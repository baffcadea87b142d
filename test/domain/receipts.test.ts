import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { disputesToDecide, disputeToDecide, raiseDispute } from "../../src/domain/disputes.ts";
import type { Member } from "../../src/domain/members.ts";
import { openReceiptByCode, openReceipts } from "../../src/domain/receipts.ts";
import { sendSoccs } from "../../src/domain/transfers.ts";
import { openMarket, type Market } from "../support/market.ts";

let market: Market;
let wanjiku: Member, ouma: Member;
beforeAll(async () => {
  market = await openMarket();
  wanjiku = await market.person("Wanjiku");
  ouma = await market.person("Ouma");
  await market.earned(market.achieng, 50);
});
afterAll(() => market.close());

// R17.
test("a receipt is found by its code, in any case, by its own two parties until one disputes it", async () => {
  const { achieng } = market;
  const spec = { once: uuid(), sender: achieng, recipient_id: wanjiku.id, amount: 20 };
  const sent = await market.act((at) => sendSoccs(at, spec));
  const code = sent.type === "sent" ? sent.fields.receipt : "";
  const find = (member: Member, typed: string) =>
    market.act((at) => openReceiptByCode(at, member, typed));
  const found = await find(achieng, code.toLowerCase());
  expect(found).toMatchObject({ receipt: code, moved: -20, other_id: wanjiku.id });
  expect(await find(wanjiku, code)).toMatchObject({ moved: 20, other_id: achieng.id });
  expect(await find(ouma, code)).toBeUndefined();

  const journal_id = found?.journal_id ?? "";
  const dispute = (member: Member, once: string) =>
    market.act((at) => raiseDispute(at, { once, member, journal_id, words: "x".repeat(200) }));
  expect(await dispute(ouma, uuid())).toEqual({ type: "not-disputable" });
  const both = await Promise.all([dispute(achieng, "hers"), dispute(wanjiku, "his")]);
  expect(both.map(({ type }) => type).sort()).toEqual(["disputed", "not-disputable"]);
  const [first] = both;
  expect(await dispute(achieng, "hers")).toEqual(first);
  expect(await find(achieng, code)).toBeUndefined();

  const { grace } = market;
  const seen = (manager: Member) => market.act((at) => disputesToDecide(at, manager));
  expect(await seen(grace)).toMatchObject([{ receipt: code }]);
  // Nor by a manager whose phone serves one of the two.
  for (const { phone } of [achieng, wanjiku]) expect(await seen({ ...grace, phone })).toEqual([]);
});

test("it is found though a hundred came after it that day, and no longer a day later", async () => {
  await market.earned(ouma, 20);
  const spec = { once: uuid(), sender: ouma, recipient_id: wanjiku.id, amount: 20 };
  const sent = await market.act((at) => sendSoccs(at, spec));
  const code = sent.type === "sent" ? sent.fields.receipt : "";
  for (let more = 0; more < 100; more += 1) await market.earned(wanjiku, 1);
  const find = () => market.act((at) => openReceiptByCode(at, wanjiku, code));
  const found = await find();
  expect(found).toMatchObject({ receipt: code, moved: 20 });
  const listed = await market.act((at) => openReceipts(at, wanjiku));
  expect(listed).toHaveLength(60);
  expect(listed).not.toContainEqual(found);
  const journal_id = found?.journal_id ?? "";
  const dispute = { once: uuid(), member: wanjiku, journal_id };
  market.clock.moveOn({ days: 1 });
  expect(await find()).toBeUndefined();
  expect(await market.act((at) => raiseDispute(at, dispute))).toEqual({ type: "not-disputable" });
  market.clock.moveOn({ minutes: -1 });
  expect(await market.act((at) => raiseDispute(at, dispute))).toMatchObject({ type: "disputed" });
});

test("a manager sees those they may decide on, and finds any by its receipt, however many wait", async () => {
  const { achieng, grace } = market;
  const baraka = await market.person("Baraka");
  await market.earned(achieng, 100);
  const disputed = async (recipient: Member): Promise<string> => {
    const spec = { once: uuid(), sender: achieng, recipient_id: recipient.id, amount: 1 };
    const sent = await market.act((at) => sendSoccs(at, spec));
    const code = sent.type === "sent" ? sent.fields.receipt : "";
    const found = await market.act((at) => openReceiptByCode(at, achieng, code));
    const journal_id = found?.journal_id ?? "";
    await market.act((at) => raiseDispute(at, { once: uuid(), member: achieng, journal_id }));
    market.clock.moveOn({ minutes: 1 });
    return code;
  };
  for (let hers = 0; hers < 60; hers += 1) await disputed(grace);
  const last = await disputed(wanjiku);
  const seen = await market.act((at) => disputesToDecide(at, grace));
  expect(seen.map(({ receipt }) => receipt)).toContain(last);
  expect(await market.act((at) => disputesToDecide(at, baraka))).toHaveLength(60);
  const found = (manager: Member, receipt: string) =>
    market.act((at) => disputeToDecide(at, { manager, receipt }));
  expect(await found(baraka, last.toLowerCase())).toBeDefined();
  expect(await found(grace, await disputed(grace))).toBeUndefined();
});
