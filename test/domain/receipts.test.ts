import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { disputesToDecide, raiseDispute } from "../../src/domain/disputes.ts";
import type { Member } from "../../src/domain/members.ts";
import { openReceiptByCode } from "../../src/domain/receipts.ts";
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
