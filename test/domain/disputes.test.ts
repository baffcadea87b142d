import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordDeed } from "../../src/domain/decisions.ts";
import { readDispute } from "../../src/domain/dispute-lists.ts";
import {
  decideDispute,
  disputesToDecide,
  raiseDispute,
  type Decider,
} from "../../src/domain/disputes.ts";
import type { Member } from "../../src/domain/members.ts";
import { settleWithoutKey } from "../../src/domain/settling.ts";
import { openMarket, type Market } from "../support/market.ts";

const partner: Decider = { partner: "key:1" };

// R10 and R17: who decides is no part of it.
describe("a manager whose own act is disputed", () => {
  let market: Market;
  let achieng: Member, grace: Member, baraka: Member, njeri: Member;
  beforeAll(async () => {
    market = await openMarket();
    ({ achieng, grace } = market);
    baraka = await market.person("Baraka");
    njeri = await market.person("Njeri");
    await market.earned(achieng, 300);
  });
  afterAll(() => market.close());

  const newestJournal = async (): Promise<string> => {
    const { id } = await market.db
      .selectFrom("ledger.journal")
      .select("id")
      .orderBy("recorded_at", "desc")
      .limit(1)
      .executeTakeFirstOrThrow();
    return id;
  };
  /** Disputes what was last posted. @returns the dispute's id. */
  const disputed = async (member: Member): Promise<string> => {
    const [once, journal_id] = [uuid(), await newestJournal()];
    const raised = await market.act((at) => raiseDispute(at, { once, member, journal_id }));
    expect(raised.type).toBe("disputed");
    const { id } = await market.db
      .selectFrom("dispute")
      .select("id")
      .where("once", "=", once)
      .executeTakeFirstOrThrow();
    return id;
  };
  const recordedBy = async (manager: Member): Promise<string> => {
    const { id: deed_id } = await market.db
      .selectFrom("deed")
      .select("id")
      .where("code", "=", "GARDEN")
      .executeTakeFirstOrThrow();
    const spec = { once: uuid(), manager, member: achieng, deed_id, units: 1 };
    expect(await market.act((at) => recordDeed(at, spec))).toMatchObject({ type: "confirmed" });
    return await disputed(achieng);
  };
  const decides = (by: Decider, dispute_id: string, upholds = true) =>
    market.act((at) => decideDispute(at, { dispute_id, upholds, by }));
  const seenBy = async (manager: Member): Promise<readonly string[]> =>
    (await market.act((at) => disputesToDecide(at, manager))).map(({ id }) => id);
  const askedOf = async (manager: Member): Promise<number> =>
    (await market.textsTo(manager)).filter(({ text }) => text === "dispute-waiting").length;
  const read = (id: string) => readDispute(market.db, market.community.id, id);
  const isManager = (member: Member, roles: string[]) =>
    market.db.updateTable("member").set({ roles }).where("id", "=", member.id).execute();

  test("recorded it: she is not asked, does not see it, and is refused; another manager decides", async () => {
    const id = await recordedBy(grace);
    expect([await askedOf(grace), await askedOf(baraka)]).toEqual([0, 1]);
    expect([await seenBy(grace), await seenBy(baraka)]).toEqual([[], [id]]);
    expect(await decides({ manager: grace }, id)).toEqual({ type: "own-account" });
    // Nor an account on her phone, whoever's it is.
    const { phone } = grace;
    expect(await decides({ manager: { ...baraka, phone } }, id)).toEqual({ type: "own-account" });
    expect(await decides({ manager: baraka }, id)).toEqual({ type: "dispute-waits" });
    expect(await decides(partner, id)).toMatchObject({ type: "dispute-upheld" });
    expect(await read(id)).toMatchObject({ acted_by: grace.id, partner_alone: false });
  });

  test("settled it without its key: it is another manager's to decide", async () => {
    await market.order(achieng, "SCHOOL", njeri);
    const redemption_id = await market.newestOrderOf(achieng);
    await market.act((at) => settleWithoutKey(at, { manager: grace, redemption_id }));
    const id = await disputed(achieng);
    expect([await seenBy(grace), await seenBy(baraka)]).toEqual([[], [id]]);
    expect(await decides({ manager: grace }, id, false)).toEqual({ type: "own-account" });
    expect(await decides({ manager: baraka }, id, false)).toEqual({ type: "dispute-waits" });
    expect(await decides(partner, id, false)).toMatchObject({ type: "dispute-declined" });
  });

  test("settled what the partner hands over, which has no key: the same", async () => {
    await market.order(achieng, "FEES", null);
    const redemption_id = await market.newestOrderOf(achieng);
    await market.act((at) => settleWithoutKey(at, { manager: grace, redemption_id }));
    const id = await disputed(achieng);
    expect([await seenBy(grace), await seenBy(baraka)]).toEqual([[], [id]]);
    expect(await decides({ manager: grace }, id, false)).toEqual({ type: "own-account" });
    expect(await decides({ manager: baraka }, id, false)).toEqual({ type: "dispute-waits" });
    expect(await decides(partner, id, false)).toMatchObject({ type: "dispute-declined" });
  });

  test("what the vendor handed over for its key is nobody's own act", async () => {
    await market.order(achieng, "SCHOOL", njeri);
    await market.done(njeri, await market.codesOf(achieng));
    const id = await disputed(achieng);
    expect([await seenBy(grace), await seenBy(baraka)]).toEqual([[id], [id]]);
    expect(await decides({ manager: grace }, id, false)).toEqual({ type: "dispute-waits" });
    expect(await decides(partner, id)).toMatchObject({ type: "dispute-declined" });
  });

  test("the database itself refuses such a decision", async () => {
    const id = await recordedBy(grace);
    const decision = { manager_id: grace.id, manager_upholds: true };
    const written = market.db.updateTable("dispute").set(decision).where("id", "=", id).execute();
    await expect(written).rejects.toMatchObject({ code: "23514" });
    await decides({ manager: baraka }, id);
    await decides(partner, id);
  });

  test("where she is the only one, the partner decides alone, either way", async () => {
    await isManager(baraka, ["member"]);
    for (const upholds of [true, false]) {
      const id = await recordedBy(grace);
      expect(await read(id)).toMatchObject({ partner_alone: true });
      const type = upholds ? "dispute-upheld" : "dispute-declined";
      expect(await decides(partner, id, upholds)).toMatchObject({ type });
      expect(await decides(partner, id)).toEqual({ type: "decided-before" });
      expect(await read(id)).toMatchObject({ manager_id: null, partner_alone: true });
    }
    await isManager(baraka, ["member", "manager"]);
  });

  test("and where the last who may decide has gone, the partner decides once more", async () => {
    const id = await recordedBy(grace);
    expect(await decides(partner, id)).toEqual({ type: "dispute-waits" });
    expect(await decides(partner, id)).toEqual({ type: "decided-before" });
    await isManager(baraka, ["member"]);
    expect(await read(id)).toMatchObject({ status: "open", partner_alone: true });
    expect(await decides(partner, id)).toMatchObject({ type: "dispute-upheld" });
    await isManager(baraka, ["member", "manager"]);
  });
});
