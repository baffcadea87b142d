import type { Kysely } from "kysely";
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DB } from "../../src/db/types.ts";
import { capture, expire, release, reserve } from "../../src/ledger/hold.ts";
import { post } from "../../src/ledger/post.ts";
import { balanceOf, cacheOf, lastLines } from "../../src/ledger/statement.ts";
import { verify } from "../../src/ledger/verify.ts";
import { freshDatabase, openPool, type TestDatabase } from "../support/database.ts";
import { autocommit, earning, foundLedger, transfer, type Community } from "../support/ledger.ts";

describe("Achieng sets 40 SoCCs aside for an umbrella", () => {
  let database: TestDatabase;
  let db: Kysely<DB>;
  let community: Community;
  let achieng = "";
  let vendor = "";
  let hold_id = "";
  const monday = new Date("2026-03-16T09:00:00Z");
  const nextMonday = new Date("2026-03-23T09:00:00Z");

  beforeAll(async () => {
    database = await freshDatabase();
    db = openPool(database.url, 4);
  });
  afterAll(async () => {
    await db.destroy();
    await database.drop();
  });
  beforeEach(async () => {
    community = await foundLedger(db, 2);
    [achieng = "", vendor = ""] = community.members;
    const trx = autocommit(db);
    await post(trx, community.id, [earning(achieng, 64)]);
    hold_id = uuid();
    const hold = {
      id: hold_id,
      once: "umbrella",
      account: achieng,
      amount: 40,
      expires_at: nextMonday,
    };
    expect(await reserve(trx, community.id, hold)).toEqual({
      reserved: hold_id,
      repeated: false,
      balance: 24,
    });
  });

  const pay = (amount: number) => transfer(achieng, vendor, amount, "handed over");

  test("they cannot be spent, and have not moved", async () => {
    const trx = autocommit(db);
    expect(await balanceOf(db, community.id, achieng)).toBe(24);
    expect(
      await lastLines(db, { community_id: community.id, id: achieng }, { size: 5 }),
    ).toHaveLength(1);
    expect(await post(trx, community.id, [transfer(achieng, vendor, 25)])).toMatchObject({
      refused: "insufficient-balance",
      missing: 1,
    });
  });

  test("the vendor hands over: captured once, whoever asks and however often", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => capture(autocommit(db), community.id, hold_id, pay(40))),
    );
    expect(
      answers.filter((answer) => "posted" in answer && !answer.posted[0]?.repeated),
    ).toHaveLength(1);
    expect(
      answers.filter((answer) => "posted" in answer && answer.posted[0]?.repeated),
    ).toHaveLength(7);
    expect(await balanceOf(db, community.id, achieng)).toBe(24);
    expect(await balanceOf(db, community.id, vendor)).toBe(40);
    expect(await release(autocommit(db), community.id, hold_id)).toEqual({
      refused: "hold-ended",
      outcome: "captured",
    });
  });

  test("a part is captured, and the rest is free again", async () => {
    await capture(autocommit(db), community.id, hold_id, pay(30));
    expect(await balanceOf(db, community.id, achieng)).toBe(34);
    expect((await verify(db, community.id)).mismatches).toEqual([]);
  });

  test("more than was held is refused, and the hold stands", async () => {
    expect(await capture(autocommit(db), community.id, hold_id, pay(41))).toEqual({
      refused: "exceeds-hold",
      at: 0,
      held: 40,
    });
    expect(await balanceOf(db, community.id, achieng)).toBe(24);
  });

  test("a capture to nobody leaves the hold whole: never half-done", async () => {
    const answer = await capture(
      autocommit(db),
      community.id,
      hold_id,
      transfer(achieng, uuid(), 40),
    );
    expect(answer).toMatchObject({ refused: "unknown-account" });
    expect(await balanceOf(db, community.id, achieng)).toBe(24);
    expect(await capture(autocommit(db), community.id, hold_id, pay(40))).toHaveProperty("posted");
  });

  test("she cancels as the vendor settles: one outcome, and both are told it", async () => {
    const [cancelled, settled] = await Promise.all([
      release(autocommit(db), community.id, hold_id),
      capture(autocommit(db), community.id, hold_id, pay(40)),
    ]);
    const balance = await balanceOf(db, community.id, achieng);
    if ("ended" in cancelled) {
      expect(settled).toMatchObject({ refused: "hold-ended", outcome: "released" });
      expect(balance).toBe(64);
    } else {
      expect(settled).toHaveProperty("posted");
      expect(cancelled).toMatchObject({ refused: "hold-ended", outcome: "captured" });
      expect(balance).toBe(24);
    }
    expect((await verify(db, community.id)).mismatches).toEqual([]);
  });

  test("it expires when it is due and not before", async () => {
    expect(await expire(autocommit(db), community.id, hold_id, monday)).toEqual({
      refused: "not-due",
    });
    expect(await expire(autocommit(db), community.id, hold_id, nextMonday)).toMatchObject({
      ended: "expired",
      balance: 64,
    });
  });

  test("her statement reads back page by page, newest first", async () => {
    for (const amount of [1, 2, 3, 4])
      await post(autocommit(db), community.id, [earning(achieng, amount)]);
    const account = { community_id: community.id, id: achieng };
    const first = await lastLines(db, account, { size: 3 });
    expect(first.map(({ amount }) => amount)).toEqual([4, 3, 2]);
    const next = await lastLines(db, account, { size: 3, before: first.at(-1)?.seq ?? 0 });
    expect(next.map(({ amount, balance_after }) => [amount, balance_after])).toEqual([
      [1, 65],
      [64, 64],
    ]);
    expect(await cacheOf(db, community.id)).toBe(Math.floor(74 / 5));
  });
});
