import assert from "node:assert/strict";
import { sql, type RawBuilder } from "kysely";
import { v7 as uuid } from "uuid";
import type { Reader } from "../../src/db/database.ts";
import { chart } from "../../src/ledger/chart.ts";
import { capture, reserve } from "../../src/ledger/hold.ts";
import { post, type Journal, type Leg } from "../../src/ledger/post.ts";
import { balanceOf, lastLines } from "../../src/ledger/statement.ts";
import { alone, type Community } from "./communities.ts";
import type { Case } from "./harness.ts";

/** Names that the aims refer to. */
export const names = {
  floor: "INSERT of 100 bytes (the floor)",
  earning: "earning, 1 community",
  earning_among_100: "earning, 100 communities",
  earnings: (count: number) => `earnings, ${count} a call`,
  balance: (entries: number) => `balance, ${inWords(entries)} entries`,
  lines: (entries: number) => `last five lines, ${inWords(entries)} entries`,
} as const;

const several = [8, 32, 128];

/** What any statement costs, and any that is kept: through the same pool and query builder. */
export function floors(db: Reader): readonly Case[] {
  const body = "x".repeat(100);
  const asks = (query: RawBuilder<unknown>) => async () => {
    await query.execute(db);
  };
  return [
    { name: "select 1", per_call: 1, call: asks(sql`select 1`) },
    { name: names.floor, per_call: 1, call: asks(sql`insert into bench_floor values (${body})`) },
  ];
}

export function postings(
  db: Reader,
  { busy, quiet }: { busy: Community; quiet: readonly Community[] },
): readonly Case[] {
  const earnings = (count: number) => postAll(db, busy, some(busy.members, count).map(earning));
  return [
    { name: names.earning, per_call: 1, call: () => earnings(1) },
    {
      name: names.earning_among_100,
      per_call: 1,
      call: () => {
        const community = one(quiet);
        return postAll(db, community, [earning(one(community.members))]);
      },
    },
    {
      name: "transfer, member to member",
      per_call: 1,
      call: () => postAll(db, busy, [transfer(some(busy.members, 2))]),
    },
    {
      name: "hold and capture",
      per_call: 1,
      call: () => holdAndCapture(db, busy, some(busy.members, 2)),
    },
    ...several.map((count) => ({
      name: names.earnings(count),
      per_call: count,
      call: () => earnings(count),
    })),
  ];
}

export function reads(db: Reader, { id, members }: Community, entries: number): readonly Case[] {
  return [
    {
      name: names.balance(entries),
      per_call: 1,
      call: async () => assert((await balanceOf(db, id, one(members))) > 0),
    },
    {
      name: names.lines(entries),
      per_call: 1,
      call: async () => {
        const lines = await lastLines(db, { community_id: id, id: one(members) }, { size: 5 });
        assert.equal(lines.length, 5);
      },
    },
  ];
}

/** Counts as done only when every journal was written by this very call. */
async function postAll(
  db: Reader,
  community: Community,
  journals: readonly Journal[],
): Promise<void> {
  const answer = await post(alone(db), community.id, journals);
  assert("posted" in answer, JSON.stringify(answer));
  assert(answer.posted.every(({ repeated }) => !repeated));
}

/** Sets aside and hands over, each a transaction of its own as it is between two people. */
async function holdAndCapture(
  db: Reader,
  community: Community,
  [from, to]: readonly string[],
): Promise<void> {
  const id = uuid();
  const hold = { id, once: `bench:${id}`, account: from!, amount: 1, expires_at: new Date() };
  const reserved = await reserve(alone(db), community.id, hold);
  assert("reserved" in reserved, JSON.stringify(reserved));
  const captured = await capture(alone(db), community.id, id, transfer([from!, to!]));
  assert("posted" in captured, JSON.stringify(captured));
}

/** A deed worth 5 where 5 iSoCCs bring 1 commSoCC: always four entries. */
const earning = (member: string): Journal => ({
  ...journal("earning", [
    { account: chart.issuance, unit: "iSoCC", amount: -5 },
    { account: member, unit: "iSoCC", amount: 5 },
  ]),
  accrual: { earner: member, ratio: 5 },
});

const transfer = ([from, to]: readonly string[]): Journal =>
  journal("transfer", [
    { account: from!, unit: "iSoCC", amount: -1 },
    { account: to!, unit: "iSoCC", amount: 1 },
  ]);

function journal(kind: string, legs: readonly Leg[]): Journal {
  const id = uuid();
  return { id, once: `bench:${id}`, kind, happened_at: new Date(), legs };
}

const one = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)]!;

/** Different ones, at random. */
function some(all: readonly string[], count: number): readonly string[] {
  const taken = new Set<string>();
  while (taken.size < count) taken.add(one(all));
  return [...taken];
}

const inWords = (count: number): string =>
  count >= 1_000_000 ? `${count / 1_000_000} million` : `${count / 1_000} thousand`;
