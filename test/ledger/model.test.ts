import fc from "fast-check";
import { sql, type Kysely } from "kysely";
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DB } from "../../src/db/types.ts";
import { chart } from "../../src/ledger/chart.ts";
import { capture, expire, release, reserve } from "../../src/ledger/hold.ts";
import { post, reverse, type Journal } from "../../src/ledger/post.ts";
import { verify } from "../../src/ledger/verify.ts";
import { freshDatabase, openPool, type TestDatabase } from "../support/database.ts";
import {
  autocommit,
  cacheSpending,
  earning,
  foundLedger,
  transfer,
  type Community,
} from "../support/ledger.ts";
import { makeModel, type Model } from "./model.ts";

/** 2,000 runs of 50 steps in CI, fewer while working. */
const runs = process.env["CI"] === "true" ? 2_000 : 100;
const steps = 50;
/** Runs beside each other, each in a community of its own. */
const lanes = 4;

let database: TestDatabase;
let db: Kysely<DB>;
beforeAll(async () => {
  database = await freshDatabase();
  db = openPool(database.url, lanes);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const member = fc.nat({ max: 3 });
const amount = fc.integer({ min: 1, max: 12 });
/** Which of the journals or holds so far, by its place from the newest. */
const back = fc.nat({ max: 5 });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("earn" as const), member, amount }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("earn-several" as const),
      amounts: fc.array(amount, { minLength: 2, maxLength: 4 }),
      member,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("transfer" as const), member, to: member, amount }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("earn-and-send" as const),
      member,
      to: member,
      amount,
      more: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("spend-cache" as const),
      amount: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("reserve" as const), member, amount }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("capture" as const),
      back,
      to: member,
      part: fc.integer({ min: 1, max: 13 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("release" as const), back }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("expire" as const), back, due: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("reverse" as const), back }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("again" as const), back }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("other-content" as const), back, amount }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stranger" as const), member, amount }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("ratio" as const),
      ratio: fc.integer({ min: 1, max: 7 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Run {
  readonly community: Community;
  readonly model: Model;
  readonly journals: Journal[];
  readonly holds: { id: string; account: string; amount: number }[];
  readonly reversals: { of: string; once: string }[];
  ratio: number;
}

const expires_at = new Date("2026-03-21T00:00:00Z");
const due_at = { true: new Date("2026-03-22T00:00:00Z"), false: new Date("2026-03-20T00:00:00Z") };

/** Takes one step in both and says what each answered. */
async function take(run: Run, does: Step): Promise<{ real: string; wanted: string }> {
  const { community, model, journals, holds } = run;
  const trx = autocommit(db);
  const who = (at: number): string => community.members[at] ?? "";
  const postBoth = async (asked: readonly Journal[]) => {
    journals.push(...asked);
    return { real: said(await post(trx, community.id, asked)), wanted: model.post(asked) };
  };
  switch (does.do) {
    case "earn":
      return await postBoth([earning(who(does.member), does.amount, run.ratio)]);
    case "earn-several":
      return await postBoth(
        does.amounts.map((each, at) => earning(who((does.member + at) % 4), each, run.ratio)),
      );
    case "transfer":
      if (does.to === does.member) return { real: "", wanted: "" };
      return await postBoth([transfer(who(does.member), who(does.to), does.amount)]);
    case "earn-and-send":
      if (does.to === does.member) return { real: "", wanted: "" };
      return await postBoth([
        earning(who(does.member), does.amount, run.ratio),
        transfer(who(does.member), who(does.to), does.amount + does.more),
      ]);
    case "spend-cache":
      return await postBoth([cacheSpending(does.amount)]);
    case "reserve": {
      const hold = { id: uuid(), once: uuid(), account: who(does.member), amount: does.amount };
      holds.push(hold);
      const answer = await reserve(trx, community.id, { ...hold, expires_at });
      return { real: said(answer), wanted: model.reserve(hold) };
    }
    case "capture": {
      const hold = holds.at(-1 - does.back);
      if (!hold || hold.account === who(does.to)) return { real: "", wanted: "" };
      const journal = transfer(hold.account, who(does.to), does.part, `capture ${hold.id}`);
      journals.push(journal);
      const answer = await capture(trx, community.id, hold.id, journal);
      return { real: said(answer), wanted: model.capture(hold.id, journal) };
    }
    case "release":
    case "expire": {
      const id = holds.at(-1 - does.back)?.id ?? uuid();
      const due = does.do === "expire" && does.due;
      const answer =
        does.do === "release"
          ? await release(trx, community.id, id)
          : await expire(trx, community.id, id, due ? due_at.true : due_at.false);
      const outcome = does.do === "release" ? "released" : "expired";
      return { real: said(answer), wanted: model.release(id, outcome, due) };
    }
    case "reverse": {
      const of = journals.at(-1 - does.back)?.id ?? uuid();
      const [id, once] = [uuid(), uuid()];
      const reversal = { id, once, reverses: of, happened_at: new Date(0), ratio: run.ratio };
      const answer = await reverse(trx, community.id, reversal);
      return { real: said(answer), wanted: model.reverse(of, id, once, run.ratio) };
    }
    case "again": {
      const journal = journals.at(-1 - does.back);
      return journal ? await postBoth([{ ...journal, id: uuid() }]) : { real: "", wanted: "" };
    }
    case "other-content": {
      const journal = journals.at(-1 - does.back);
      if (!journal) return { real: "", wanted: "" };
      return await postBoth([earning(who(0), does.amount + 100, run.ratio, journal.once)]);
    }
    case "stranger":
      return await postBoth([transfer(uuid(), who(does.member), does.amount)]);
    case "ratio":
      run.ratio = does.ratio;
      return { real: "", wanted: "" };
  }
}

type Said = Awaited<
  ReturnType<typeof post | typeof reserve | typeof capture | typeof release | typeof reverse>
>;

/** An answer of the real ledger as the model says it. */
function said(answer: Said): string {
  if ("posted" in answer)
    return answer.posted
      .map(({ repeated, accrued }) => `${repeated ? "repeated" : "posted"} accrued ${accrued}`)
      .join(", ");
  if ("reserved" in answer) return answer.repeated ? "repeated" : "reserved";
  if ("ended" in answer) return answer.repeated ? "repeated" : `ended ${answer.ended}`;
  const more =
    "missing" in answer ? ` ${answer.missing}` : "outcome" in answer ? ` ${answer.outcome}` : "";
  return `refused ${answer.refused}${more}`;
}

async function balances({ community }: Run): Promise<{ members: object; cache: number }> {
  const { rows } = await sql<{ members: object; cache: number }>`
    select
      jsonb_object_agg(id, jsonb_build_array(posted, held, carry)) filter (where stripe = 0) as members,
      (sum(posted) filter (where id = ${chart.cache}))::bigint as cache
    from ledger.account
    where community_id = ${community.id} and id = any (${[...community.members, chart.cache]})
  `.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("no accounts");
  return { members: row.members, cache: row.cache };
}

test.concurrent.each(Array.from({ length: lanes }, (_, lane) => lane))(
  "the ledger and the model agree after every step, lane %i",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: steps, maxLength: steps }), async (story) => {
        const community = await foundLedger(db, 4);
        const model = makeModel(community.members);
        const run: Run = { community, model, journals: [], holds: [], reversals: [], ratio: 5 };
        for (const does of story) {
          const { real, wanted } = await take(run, does);
          expect(real, JSON.stringify(does)).toBe(wanted);
          expect(await balances(run), JSON.stringify(does)).toEqual({
            members: model.members(),
            cache: model.cache(),
          });
        }
        expect((await verify(db, community.id)).mismatches).toEqual([]);
      }),
      { numRuns: runs / lanes, endOnFailure: true },
    );
  },
  300_000,
);
