import fc from "fast-check";
import { sql, type Kysely } from "kysely";
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inTransaction } from "../../src/db/transaction.ts";
import type { DB } from "../../src/db/types.ts";
import { askCashOut } from "../../src/domain/cash-outs.ts";
import { communityBySlug, type Community } from "../../src/domain/communities.ts";
import type { Context } from "../../src/domain/context.ts";
import { decideDispute, raiseDispute, type Decider } from "../../src/domain/disputes.ts";
import { expireRedemptions, warnOfExpiry } from "../../src/domain/expiry.ts";
import { foundCommunity } from "../../src/domain/founding.ts";
import { handOverByCode } from "../../src/domain/handover.ts";
import { addMember, type Member, type Role } from "../../src/domain/members.ts";
import { requestRedemption } from "../../src/domain/redemptions.ts";
import { cancelRedemption, settleWithoutKey } from "../../src/domain/settling.ts";
import { sendSoccs } from "../../src/domain/transfers.ts";
import { addVendor } from "../../src/domain/vendors.ts";
import { chart } from "../../src/ledger/chart.ts";
import { post } from "../../src/ledger/post.ts";
import { outstandingOf } from "../../src/ledger/statement.ts";
import { verify } from "../../src/ledger/verify.ts";
import { clockAt, type Clock } from "../support/clock.ts";
import { freshDatabase, openPool, type TestDatabase } from "../support/database.ts";
import { autocommit, earning } from "../support/ledger.ts";
import { makeModel, type Model, type NewOrder } from "./economy-model.ts";

/** 240 runs of 20 steps in CI, fewer while working. */
const runs = process.env["CI"] === "true" ? 240 : 48;
const steps = 20;
/** Runs beside each other, each in a community of its own. */
const lanes = 4;

const people = ["Ama", "Efua", "Kojo", "shop", "stall"] as const;
const served: Readonly<Record<string, string | null>> = {
  SOAP: "shop",
  LAMP: "stall",
  FEES: null,
  LOAN: null,
  TOOLS: "stall",
};
const rewards = {
  SOAP: { price: 4, unlock: false, stock: 2 },
  LAMP: { price: 7, unlock: false, stock: null },
  FEES: { price: 6, unlock: false, stock: 1 },
  LOAN: { price: 9, unlock: true, stock: 2 },
  TOOLS: { price: 12, unlock: true, stock: null },
};

const codes = ["SOAP", "LAMP", "FEES", "LOAN", "TOOLS"] as const;

let database: TestDatabase;
let db: Kysely<DB>;
beforeAll(async () => {
  database = await freshDatabase();
  db = openPool(database.url, 2 * lanes);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

const person = fc.constantFrom(...people);
const vendor = fc.constantFrom("shop", "stall");
const amount = fc.integer({ min: 1, max: 12 });
/** Which of the orders so far, by its place from the newest. */
const back = fc.constantFrom(0, 0, 0, 1, 2);
/** A week after an order it has just expired, and nobody may have swept yet. */
const hours = fc.constantFrom(0, 0, 168);
const does = <K extends string, F extends object>(
  weight: number,
  act: K,
  fields: { [P in keyof F]: fc.Arbitrary<F[P]> },
) => ({
  weight,
  // A record of all its keys; fast-check's type has them optional where F is not yet known.
  arbitrary: fc.record({ act: fc.constant(act), ...fields }) as unknown as fc.Arbitrary<
    { act: K } & F
  >,
});

const step = fc.oneof(
  does(4, "earn", { who: person, amount }),
  does(9, "order", { who: person, reward: fc.constantFrom(...codes) }),
  does(2, "order again", { back }),
  does(5, "done", { vendor, back, right_key: fc.boolean() }),
  does(4, "done by its own", { back, hours }),
  does(2, "settle", { back, hours }),
  does(3, "cancel", { back, own: fc.boolean(), who: person }),
  does(2, "dispute", { back }),
  does(2, "send", { who: person, to: person, amount }),
  does(1, "cash out", { vendor, amount }),
  does(3, "time passes", { hours: fc.constantFrom(1, 20, 24, 167, 168), swept: fc.boolean() }),
  does(2, "sweep", {}),
  does(6, "at once", {
    back,
    hours,
    first: fc.constantFrom("done", "settle", "cancel", "sweep"),
    second: fc.constantFrom("done", "settle", "cancel", "sweep"),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Placed extends NewOrder {
  readonly once: string;
  readonly code: string;
  readonly key: string;
  readonly id: string;
}

interface Run {
  readonly community: Community;
  readonly clock: Clock;
  readonly model: Model;
  readonly who: (name: string) => Member;
  readonly manager: Member;
  readonly reward_ids: ReadonlyMap<string, string>;
  readonly orders: Placed[];
  readonly act: <T>(work: (context: Context) => Promise<T>) => Promise<T>;
  /** Code and key of the text written last. */
  readonly last: { code: string; key: string };
}

/** A community with three members, two vendors and a manager, without PINs: those take long. */
async function openRun(): Promise<Run> {
  const clock = clockAt("2026-03-14T14:40:00Z");
  const slug = `c-${uuid()}`;
  const reward_codes = Object.entries(rewards);
  const found = await inTransaction(db, async (trx) => {
    const id = await foundCommunity(
      trx,
      { now: clock.now(), actor: "service" },
      {
        ...{ slug, name: "Test", partner: "Partner", country: "KE", currency: "KES" },
        ...{ time_zone: "Africa/Nairobi", languages: ["en"], help_number: "0800" },
        ...{ accrual_ratio: 5, claim_expiry_days: 14, redemption_expiry_days: 7 },
        ...{ send_daily_max: 1_000_000, quorum_percent: 30, majority_percent: 50, voting_days: 7 },
        ...{ notional_value: "10", cash_out_value: "9", text_proof: "pin" },
        ...{ stage: "running", deeds: [], communal_rewards: [], demo_people: [] },
        rewards: reward_codes.map(([code, { price, unlock, stock }]) => ({
          ...{ code, price, kind: unlock ? "unlock" : "purchase", name: { en: code } },
          ...(stock !== null && { stock }),
        })),
      },
    );
    if (id === undefined) throw new Error("founded before");
    const members = [...people, "manager"].map((name, at): Member => {
      const role: Role = name === "shop" || name === "stall" ? "vendor" : "member";
      const roles: Role[] = name === "manager" ? ["member", "manager"] : [role];
      const phone = `+25471100010${at}`;
      return { id: uuid(), name, phone, language: "en", roles, guardian_id: null };
    });
    for (const member of members) await addMember(trx, id, clock.now(), member);
    for (const { id: member_id, name, roles } of members)
      if (roles.includes("vendor"))
        await addVendor(trx, id, {
          ...{ member_id, place: "Market", agreement: name === "shop" ? "small" : "csr" },
          serves: Object.keys(served).filter((code) => served[code] === name),
        });
    return { id, members: new Map(members.map((member) => [member.name, member])) };
  });
  const community = await communityBySlug(db, slug);
  if (community === undefined) throw new Error("not founded");
  const rows = await db
    .selectFrom("reward")
    .select(["id", "code"])
    .where("community_id", "=", found.id)
    .execute();
  const last = { code: "", key: "" };
  const say: Context["say"] = (_language, [text = ""], { code, key = "00000" }) => {
    const is_order = text === "redemption-code" || text === "redemption-at-partner";
    if (is_order && code !== "****") Object.assign(last, { code, key });
    return { text, segments: 1 };
  };
  const who = (name: string): Member => {
    const member = found.members.get(name);
    if (member === undefined) throw new Error(`who is ${name}?`);
    return member;
  };
  return {
    ...{ community, clock, who, last, orders: [], manager: who("manager") },
    model: makeModel({ people, rewards, cashes_out: new Set(["shop"]), expiry_days: 7 }),
    reward_ids: new Map(rows.map(({ id, code }) => [code, id])),
    act: (work) =>
      inTransaction(db, (trx) =>
        work({ trx, community, now: clock.now(), say, pepper: Buffer.from("pepper") }),
      ),
  };
}

type Both = { readonly real: string; readonly wanted: string };

/** Takes one step in both and says what each answered. */
async function take(run: Run, does: Step): Promise<Both> {
  const { model, clock, who } = run;
  if ("back" in does) return await takeOnOrder(run, does);
  switch (does.act) {
    case "earn":
      await post(autocommit(db), run.community.id, [earning(who(does.who).id, does.amount)]);
      model.earn(does.who, does.amount);
      return nothing;
    case "order":
      return await order(run, does.who, does.reward);
    case "send": {
      if (does.who === does.to) return nothing;
      const spec = { once: uuid(), sender: who(does.who), recipient_id: who(does.to).id };
      const sent = await run.act((at) => sendSoccs(at, { ...spec, amount: does.amount }));
      return { real: said(sent, "balance"), wanted: model.send(does.who, does.to, does.amount) };
    }
    case "cash out": {
      const spec = { once: uuid(), vendor: who(does.vendor), amount: does.amount };
      const asked = await run.act((at) => askCashOut(at, spec));
      return { real: said(asked, "balance"), wanted: model.cashOut(does.vendor, does.amount) };
    }
    case "time passes":
      clock.moveOn({ minutes: 60 * does.hours });
      return does.swept ? await sweep(run) : nothing;
    case "sweep":
      return await sweep(run);
  }
}

type OnOrder = Extract<Step, { readonly back: number }>;

async function takeOnOrder(run: Run, does: OnOrder): Promise<Both> {
  const { model, clock, who } = run;
  if ("hours" in does) clock.moveOn({ minutes: 60 * does.hours });
  const now = clock.now().getTime();
  const at = run.orders.length - 1 - does.back;
  const placed = run.orders[at];
  if (placed === undefined) return nothing;
  switch (does.act) {
    case "order again": {
      const vendor_id = placed.vendor === null ? null : who(placed.vendor).id;
      const spec = { once: placed.once, member: who(placed.member), vendor_id };
      const reward_id = run.reward_ids.get(placed.reward) ?? "";
      const again = await run.act((context) => requestRedemption(context, { ...spec, reward_id }));
      return { real: said(again, "balance"), wanted: model.again(at) };
    }
    case "done": {
      const real = await done(run, does.vendor, placed, does.right_key);
      return { real, wanted: model.done(does.vendor, at, does.right_key, now) };
    }
    case "done by its own": {
      if (placed.vendor === null) return nothing;
      const real = await done(run, placed.vendor, placed, true);
      return { real, wanted: model.done(placed.vendor, at, true, now) };
    }
    case "settle":
      return { real: await settle(run, placed), wanted: model.settle(at, now) };
    case "cancel": {
      const name = does.own ? placed.member : does.who;
      return { real: await cancel(run, placed, name), wanted: model.cancel(name, at) };
    }
    case "dispute": {
      const real = await dispute(run, placed);
      return real === undefined ? nothing : { real, wanted: model.dispute(at, now) };
    }
    case "at once":
      return await bothAtOnce(run, at, [does.first, does.second]);
  }
}

const nothing: Both = { real: "", wanted: "" };

async function order(run: Run, name: string, reward: string): Promise<Both> {
  const asked = { member: name, reward, vendor: served[reward] ?? null };
  // Nobody is their own customer.
  if (asked.vendor === name) return { real: "", wanted: "" };
  const once = uuid();
  const requested = await run.act((at) =>
    requestRedemption(at, {
      once,
      member: run.who(name),
      reward_id: run.reward_ids.get(reward) ?? "",
      vendor_id: asked.vendor === null ? null : run.who(asked.vendor).id,
    }),
  );
  if (requested.type === "requested" || requested.type === "requested-at-partner") {
    const { id } = await db
      .selectFrom("redemption")
      .select("id")
      .where("community_id", "=", run.community.id)
      .where("once", "=", once)
      .executeTakeFirstOrThrow();
    run.orders.push({ ...asked, ...run.last, once, id });
  }
  const wanted = run.model.order(asked, run.clock.now().getTime());
  return { real: said(requested, "balance"), wanted };
}

/** As a vendor's one text: the code, then a key. */
async function done(run: Run, name: string, placed: Placed, right_key: boolean): Promise<string> {
  const vendor = run.who(name);
  const key = right_key ? placed.key : placed.key === "00000" ? "00001" : "00000";
  const told = await run.act((at) => handOverByCode(at, { vendor, code: placed.code, key }));
  return said(told, "tries", "minutes", "amount", "balance");
}

const settle = async (run: Run, { id }: Placed): Promise<string> =>
  said(
    await run.act((at) => settleWithoutKey(at, { manager: run.manager, redemption_id: id })),
    "amount",
  );

const cancel = async (run: Run, { id }: Placed, name: string): Promise<string> =>
  said(
    await run.act((at) => cancelRedemption(at, { member: run.who(name), redemption_id: id })),
    "balance",
  );

/** Undefined where no journal was ever written: nothing moved. */
async function dispute(run: Run, { id, member, once }: Placed): Promise<string | undefined> {
  const { journal_id } = await db
    .selectFrom("redemption")
    .select("journal_id")
    .where("community_id", "=", run.community.id)
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  if (journal_id === null) return undefined;
  return await run.act(async (at) => {
    // A name of its own each time, so that disputing it twice is another act.
    const named = `${once} ${uuid()}`;
    const raised = await raiseDispute(at, { once: named, member: run.who(member), journal_id });
    if (raised.type !== "disputed") return said(raised);
    const { id: dispute_id, acted_by } = await at.trx
      .selectFrom("dispute")
      .select(["id", "acted_by"])
      .where("community_id", "=", run.community.id)
      .where("once", "=", named)
      .executeTakeFirstOrThrow();
    const decides = (by: Decider) => decideDispute(at, { dispute_id, upholds: true, by });
    const partners = await decides({ partner: "key:1" });
    // Of what the one manager settled without its key, the partner decides alone.
    expect(partners.type === "dispute-waits").toBe(acted_by === null);
    return said(acted_by === null ? await decides({ manager: run.manager }) : partners);
  });
}

/** All that is due, as the timed work does it. */
async function expireAll(run: Run): Promise<string> {
  let expired = 0;
  await run.act(warnOfExpiry);
  for (let more = 1; more > 0; expired += more) more = await run.act(expireRedemptions);
  return String(expired);
}

async function sweep(run: Run): Promise<Both> {
  const wanted = run.model.expire(run.clock.now().getTime());
  return { real: await expireAll(run), wanted };
}

type AtOnce = "done" | "settle" | "cancel" | "sweep";

/** Two acts on one order at the same moment must come to what one after the other comes to. */
async function bothAtOnce(run: Run, at: number, acts: readonly [AtOnce, AtOnce]): Promise<Both> {
  const { model } = run;
  const answers = await Promise.all(acts.map((act) => really(run, at, act)));
  const state = await stateOf(run);
  const real = JSON.stringify({ answers, state });
  const before = model.state().orders;
  const expired = state.orders.flatMap((ended, n) =>
    ended === "expired" && before[n] === "requested" ? [n] : [],
  );
  const takeBack = model.mark();
  const inTurn = (turns: readonly number[]): string => {
    const wanted = ["", ""];
    for (const n of turns) wanted[n] = inModel(run, at, acts[n] ?? "sweep", expired);
    return JSON.stringify({ answers: wanted, state: model.state() });
  };
  const wanted = inTurn([0, 1]);
  if (wanted === real) return { real, wanted };
  takeBack();
  return { real, wanted: inTurn([1, 0]) };
}

async function really(run: Run, at: number, act: AtOnce): Promise<string> {
  const placed = run.orders[at];
  if (placed === undefined) throw new Error("there is no such order");
  switch (act) {
    case "done":
      return await done(run, placed.vendor ?? "shop", placed, true);
    case "settle":
      return await settle(run, placed);
    case "cancel":
      return await cancel(run, placed, placed.member);
    case "sweep":
      return String(await run.act(expireRedemptions));
  }
}

function inModel(run: Run, at: number, act: AtOnce, expired: readonly number[]): string {
  const { model, clock } = run;
  const now = clock.now().getTime();
  const { member = "", vendor = null } = run.orders[at] ?? {};
  switch (act) {
    case "done":
      return model.done(vendor ?? "shop", at, true, now);
    case "settle":
      return model.settle(at, now);
    case "cancel":
      return model.cancel(member, at);
    case "sweep":
      // One at a time: which one is told by what has expired, for it passes over what is locked.
      return model.expire(
        now,
        expired.filter((n) => model.state().orders[n] === "requested").slice(0, 1),
      );
  }
}

/** An answer's type and those of its numbers that the model says too. */
function said(answer: { type: string; fields?: object }, ...names: readonly string[]): string {
  const fields = (answer.fields ?? {}) as Readonly<Record<string, string | number>>;
  const numbers = [...names, "missing"].flatMap((name) => fields[name] ?? []);
  return [answer.type, ...numbers].join(" ");
}

async function stateOf({ community, who, orders, reward_ids }: Run) {
  const { rows } = await sql<{ accounts: Record<string, [number, number]>; left: number }>`
    select
      jsonb_object_agg(id, jsonb_build_array(posted, held)) filter (where stripe = 0) as accounts,
      (sum(posted) filter (where id = ${chart.settlement}))::bigint as left
    from ledger.account where community_id = ${community.id}
  `.execute(db);
  const stock = await db
    .selectFrom("reward")
    .select(["code", "stock"])
    .where("community_id", "=", community.id)
    .where("id", "in", [...reward_ids.values()])
    .execute();
  const states = await db
    .selectFrom("redemption")
    .select(["id", "state"])
    .where("community_id", "=", community.id)
    .execute();
  return {
    accounts: Object.fromEntries(people.map((name) => [name, rows[0]?.accounts[who(name).id]])),
    stock: Object.fromEntries(
      Object.keys(rewards).map((code) => [code, stock.find((row) => row.code === code)?.stock]),
    ),
    left: rows[0]?.left,
    orders: orders.map(({ id }) => states.find((row) => row.id === id)?.state),
  };
}

test.concurrent.each(Array.from({ length: lanes }, (_, lane) => lane))(
  "the economy and the model agree after every step, lane %i",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: steps, maxLength: steps }), async (story) => {
        const run = await openRun();
        for (const who of people) await take(run, { act: "earn", who, amount: 20 });
        for (const does of story) {
          const { real, wanted } = await take(run, does);
          expect(real, JSON.stringify(does)).toBe(wanted);
          expect(await stateOf(run), JSON.stringify(does)).toEqual(run.model.state());
        }
        expect((await verify(db, run.community.id)).mismatches).toEqual([]);
        const { accounts } = run.model.state();
        const had = Object.values(accounts).reduce((sum, [posted]) => sum + posted, 0);
        expect(await outstandingOf(db, run.community.id)).toBe(had);
      }),
      { numRuns: runs / lanes, endOnFailure: true },
    );
  },
  300_000,
);
