import { sql, type Kysely } from "kysely";
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inTransaction } from "../../src/db/transaction.ts";
import type { DB } from "../../src/db/types.ts";
import { chart } from "../../src/ledger/chart.ts";
import { capture, release, reserve } from "../../src/ledger/hold.ts";
import { post, reverse } from "../../src/ledger/post.ts";
import { verify } from "../../src/ledger/verify.ts";
import { freshDatabase, openPool, type TestDatabase } from "../support/database.ts";
import {
  cacheSpending,
  earning,
  foundLedger,
  transfer,
  type Community,
} from "../support/ledger.ts";

const clients = 32;
const acts_each = 120;
const ratio = 5;

let database: TestDatabase;
let db: Kysely<DB>;
let community: Community;
beforeAll(async () => {
  database = await freshDatabase();
  db = openPool(database.url, clients);
  community = await foundLedger(db, 12);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const below = (limit: number): number => Math.floor(Math.random() * limit);
const someone = (): string => community.members[below(community.members.length)] ?? "";
const another = (than: string): string => {
  const found = someone();
  return found === than ? another(than) : found;
};

test("32 connections in one community: nothing negative, nothing twice, nothing lost", async () => {
  const onces: string[] = [];
  const acknowledged = new Set<string>();
  const surfaced: unknown[] = [];

  /** One random act, under a new name or one that was used before. */
  const act = async (): Promise<void> => {
    const old = onces[below(onces.length)];
    const once = old !== undefined && Math.random() < 0.15 ? old : uuid();
    onces.push(once);
    const who = someone();
    const amount = 1 + below(9);
    const dice = Math.random();
    const hold_id = uuid();
    const to = another(who);
    if (dice >= 0.75) {
      // Reserving and ending are two acts, as they are between a member and a vendor.
      const hold = { id: hold_id, once: uuid(), account: who, amount, expires_at: new Date() };
      const reserved = await inTransaction(db, (trx) => reserve(trx, community.id, hold));
      if ("refused" in reserved) return;
    }
    const answer = await inTransaction(db, async (trx) => {
      if (dice < 0.45) return await post(trx, community.id, [earning(who, amount, ratio, once)]);
      if (dice < 0.65) return await post(trx, community.id, [transfer(who, to, amount, once)]);
      if (dice < 0.7)
        return await post(trx, community.id, [
          earning(who, amount, ratio, once),
          transfer(to, who, amount),
          earning(to, amount, ratio),
        ]);
      if (dice < 0.75) return await post(trx, community.id, [cacheSpending(1 + below(3), once)]);
      if (dice < 0.85) return await release(trx, community.id, hold_id);
      return await capture(trx, community.id, hold_id, transfer(who, to, 1 + below(amount), once));
    });
    if ("posted" in answer) acknowledged.add(once);
  };

  /** Somebody corrects journals meanwhile. */
  const correct = async (): Promise<void> => {
    const { rows } = await sql<{ id: string }>`
      select id from ledger.journal
      where community_id = ${community.id} and kind = 'earning' order by random() limit 1
    `.execute(db);
    const [found] = rows;
    if (found === undefined) return;
    const reversal = {
      id: uuid(),
      once: uuid(),
      reverses: found.id,
      happened_at: new Date(),
      ratio,
    };
    await inTransaction(db, (trx) => reverse(trx, community.id, reversal));
  };

  const client = async (): Promise<void> => {
    for (let done = 0; done < acts_each; done += 1)
      await (Math.random() < 0.05 ? correct() : act()).catch((error: unknown) => {
        surfaced.push(error);
      });
  };
  await Promise.all(Array.from({ length: clients }, client));

  expect(surfaced).toEqual([]);
  const books = await verify(db, community.id);
  expect(books.mismatches).toEqual([]);
  expect(books.journals).toBeGreaterThan(clients * acts_each * 0.4);

  const { rows: posted } = await sql<{ once: string }>`
    select once from ledger.journal where community_id = ${community.id}
  `.execute(db);
  const counts = posted.map(({ once }) => once);
  expect(new Set(counts).size).toBe(counts.length);
  expect([...acknowledged].filter((once) => !counts.includes(once))).toEqual([]);

  const { rows: negative } = await sql`
    select from ledger.account where community_id = ${community.id} and posted - held < floor
  `.execute(db);
  expect(negative).toEqual([]);

  // R12: one commSoCC for every five earned, net of what was undone, for each member.
  const { rows: members } = await sql<{ earned: number; accrued: number; carry: number }>`
    select coalesce(sum(e.amount), 0)::bigint as earned, coalesce(sum(j.accrued), 0)::bigint as accrued,
      a.carry
    from ledger.account as a
    left join ledger.journal as j on j.community_id = a.community_id and j.earner = a.id
    left join ledger.entry as e
      on e.community_id = a.community_id and e.account_id = a.id and e.journal_id = j.id
    where a.community_id = ${community.id} and a.kind = 'member'
    group by a.id, a.carry
  `.execute(db);
  expect(members).toHaveLength(12);
  for (const { earned, accrued, carry } of members) {
    expect(accrued).toBe(Math.floor(earned / ratio));
    expect(carry).toBe(earned % ratio);
  }
  const { rows: cache } = await sql<{ stripes: number }>`
    select count(*) filter (where version > 0) as stripes from ledger.account
    where community_id = ${community.id} and id = ${chart.cache}
  `.execute(db);
  expect(cache[0]?.stripes).toBeGreaterThan(8);

  // A lock order that is not kept shows as deadlocks that were tried again, long before it fails.
  const { rows: deadlocks } = await sql<{ count: number }>`
    select deadlocks as count from pg_stat_database where datname = current_database()
  `.execute(db);
  expect(deadlocks[0]?.count).toBe(0);
}, 120_000);
