import fc from "fast-check";
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "../../src/db/transaction.ts";
import { communityBySlug, type Community } from "../../src/domain/communities.ts";
import type { Context } from "../../src/domain/context.ts";
import { foundCommunity } from "../../src/domain/founding.ts";
import { addMember, type Member, type Role } from "../../src/domain/members.ts";
import { cancelProposal, payProposal } from "../../src/domain/proposal-payment.ts";
import { listProposals, type ProposalRecord } from "../../src/domain/proposals.ts";
import { communalMenu, putProposal } from "../../src/domain/proposing.ts";
import { castVote, type Choice } from "../../src/domain/votes.ts";
import { countDueVotes, hasPassed } from "../../src/domain/voting-end.ts";
import { cacheOf } from "../../src/ledger/statement.ts";
import { verify } from "../../src/ledger/verify.ts";
import { clockAt, type Clock } from "../support/clock.ts";
import { freshDatabase, openPool, type TestDatabase } from "../support/database.ts";
import { fillCache } from "../support/proposals.ts";

/** 120 runs of 60 steps in CI, fewer while working. */
const runs = process.env["CI"] === "true" ? 120 : 24;
const steps = 60;

const people = ["Ama", "Efua", "Kojo", "Yaw", "manager", "shop"] as const;
type Name = (typeof people)[number];
const prices = { BINS: 30, POINT: 50, TENT: 20 } as const;
type RewardCode = keyof typeof prices;
const small = { CUPS: 1, ROPE: 1, PAINT: 1 };
const days = 7;

let database: TestDatabase;
let db: ReturnType<typeof openPool>;
beforeAll(async () => {
  database = await freshDatabase();
  db = openPool(database.url, 4);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

interface Town {
  readonly community: Community;
  readonly clock: Clock;
  readonly who: (name: Name) => Member;
  /** An act in a transaction of its own, now or at another moment. */
  readonly act: <T>(work: (context: Context) => Promise<T>, at?: Date) => Promise<T>;
  readonly put: (reward: string, once?: string) => Promise<string>;
  readonly vote: (id: string, name: Name, choice: Choice, once?: string) => Promise<string>;
  readonly all: () => Promise<readonly ProposalRecord[]>;
}

const say: Context["say"] = (_language, [text = ""]) => ({ text, segments: 1 });

/** A community with four members, a manager and a vendor, without PINs: those take long. */
async function openTown(): Promise<Town> {
  const clock = clockAt("2026-03-14T14:40:00Z");
  const slug = `c-${uuid()}`;
  const members = people.map((name, at): Member => {
    const roles: Role[] = name === "shop" ? ["vendor"] : ["member"];
    if (name === "manager") roles.push("manager");
    const phone = `+25471100010${at}`;
    return { id: uuid(), name, phone, language: "en", roles, guardian_id: null };
  });
  await inTransaction(db, async (trx) => {
    const rewards = Object.entries({ ...prices, ...small }).map(([code, price]) => ({
      ...{ code, price, name: { en: code } },
    }));
    const id = await foundCommunity(
      trx,
      { now: clock.now(), actor: "service" },
      {
        ...{ slug, name: "Test", partner: "Partner", country: "KE", currency: "KES" },
        ...{ time_zone: "Africa/Nairobi", languages: ["en"], help_number: "0800" },
        ...{ accrual_ratio: 5, claim_expiry_days: 14, redemption_expiry_days: 7 },
        ...{ send_daily_max: 500, quorum_percent: 40, majority_percent: 50, voting_days: days },
        text_proof: "pin",
        ...{ notional_value: "10", stage: "running", deeds: [], rewards: [] },
        communal_rewards: rewards,
      },
    );
    for (const member of members) await addMember(trx, id ?? "", clock.now(), member);
  });
  const community = await communityBySlug(db, slug);
  if (community === undefined) throw new Error("not founded");
  const who = (name: Name): Member => {
    const member = members.find((one) => one.name === name);
    if (member === undefined) throw new Error(`who is ${name}?`);
    return member;
  };
  const act: Town["act"] = (work, now = clock.now()) =>
    inTransaction(db, (trx) => work({ trx, community, now, say, pepper: Buffer.from("pepper") }));
  return {
    ...{ community, clock, who, act },
    put: (reward, once = uuid()) =>
      act(async (context) => {
        const menu = await communalMenu(context, { language: "en" });
        const reward_id = menu.find(({ code }) => code === reward)?.id ?? "";
        const by = { actor: `member:${who("manager").id}`, language: "en" };
        const put = await putProposal(context, { ...by, once, reward_id });
        return put.type === "put" ? put.id : put.type;
      }),
    vote: (proposal_id, name, choice, once = uuid()) =>
      act(async (context) => {
        const vote = { once, member: who(name), proposal_id, choice, receipt: true };
        return (await castVote(context, vote)).type;
      }),
    all: async () => (await listProposals(db, community.id, { limit: 100 })).items,
  };
}

describe("a proposal passes", () => {
  const counted = { members: 10, yes: 0, no: 0, abstain: 0 };
  const rules = { quorum_percent: 30, majority_percent: 50 };
  test.for([
    // Three of ten are 30 %.
    [{ yes: 3 }, true],
    [{ yes: 2 }, false],
    [{ yes: 2, abstain: 1 }, true],
    // A third of ten is more than three.
    [{ yes: 3, quorum_percent: 34 }, false],
    [{ yes: 4, quorum_percent: 34 }, true],
    [{ yes: 0, no: 0, abstain: 10 }, false],
    // A tie is no majority, one more is, however many there are.
    [{ yes: 5, no: 5 }, false],
    [{ yes: 50_001, no: 50_000, members: 200_000 }, true],
    // Two of three are more than 66 %.
    [{ yes: 6, no: 3, majority_percent: 66 }, true],
    [{ yes: 65, no: 34, members: 100, majority_percent: 66 }, false],
    [{ yes: 0, members: 0 }, false],
  ] as const)("or not, with %o: %s", ([given, wanted]) => {
    expect(hasPassed({ ...counted, ...rules, ...given })).toBe(wanted);
  });
});

interface Modelled {
  readonly id: string;
  readonly reward: RewardCode;
  readonly closes_ms: number;
  state: string;
  readonly votes: Map<Name, Choice>;
  /** Kept when it closes. */
  counts: { members: number; yes: number; no: number; abstain: number } | undefined;
}

/** What a community's votes should come to, in a few lines. */
function makeModel() {
  const all: Modelled[] = [];
  const here = new Set<Name>(people);
  let cache = 0;
  const electorate = () => people.filter((name) => name !== "shop" && here.has(name));
  const countOf = ({ votes, counts }: Modelled) => {
    if (counts !== undefined) return counts;
    const said = (choice: Choice) => electorate().filter((one) => votes.get(one) === choice).length;
    return {
      members: electorate().length,
      ...{ yes: said("yes"), no: said("no"), abstain: said("abstain") },
    };
  };
  const isOpen = ({ state, closes_ms }: Modelled, now_ms: number) =>
    state === "open" && closes_ms > now_ms;
  const open = () => all.filter(({ state }) => state === "open");
  return {
    ...{ all, here, countOf },
    cache: () => cache,
    fill: (amount: number) => void (cache += amount),
    /** @returns why not, or undefined: then it is told its id. */
    mayPut: (reward: RewardCode): string | undefined => {
      if (open().some((one) => one.reward === reward)) return "open-already";
      return prices[reward] > cache ? "too-dear" : undefined;
    },
    put: (id: string, reward: RewardCode, closes_ms: number) =>
      void all.push({
        ...{ id, reward, closes_ms, state: "open", votes: new Map(), counts: undefined },
      }),
    vote: (one: Modelled, name: Name, choice: Choice, now_ms: number): string => {
      if (name === "shop") return "members-vote";
      if (!isOpen(one, now_ms)) return "voting-ended";
      one.votes.set(name, choice);
      return "voted";
    },
    count: (now_ms: number) => {
      for (const one of open()) {
        if (one.closes_ms > now_ms) continue;
        const { members, yes, no, abstain } = countOf(one);
        one.counts = { members, yes, no, abstain };
        const voted = yes + no + abstain;
        one.state = voted / members >= 0.4 && yes > no ? "passed" : "failed";
      }
    },
    pay: (one: Modelled): string => {
      if (one.state !== "passed") return "not-now";
      if (prices[one.reward] > cache) return "cache-short";
      cache -= prices[one.reward];
      one.state = "done";
      return "done";
    },
    cancel: (one: Modelled): string => {
      if (one.state !== "open" && one.state !== "passed") return "not-now";
      one.counts = countOf(one);
      one.state = "cancelled";
      return "cancelled";
    },
  };
}
type Model = ReturnType<typeof makeModel>;

const person = fc.constantFrom(...people);
const choice = fc.constantFrom<Choice>("yes", "yes", "no", "abstain");
/** Which of the proposals so far, by its place from the newest. */
const back = fc.constantFrom(0, 0, 0, 1, 2);
const repeats = fc.constantFrom(true, false, false, false);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ put: fc.constantFrom<RewardCode>("BINS", "POINT", "TENT") }),
  },
  { weight: 24, arbitrary: fc.record({ voter: person, choice, back, repeats }) },
  { weight: 1, arbitrary: fc.record({ leaves: fc.constantFrom<Name>("Ama", "Efua", "Kojo") }) },
  { weight: 2, arbitrary: fc.record({ fill: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ days: fc.constantFrom(1, 4, 7), counts: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ pay: back }) },
  { weight: 1, arbitrary: fc.record({ cancel: back }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** One run that reaches every state there is, beside those of chance. */
const allStates: Step[] = [
  ...([{ put: "BINS" }, { days: 7, counts: true }, { put: "TENT" }, { cancel: 0 }] as const),
  { put: "POINT" },
  { voter: "Ama", choice: "yes", back: 0, repeats: false },
  { voter: "Efua", choice: "yes", back: 0, repeats: false },
  ...([{ days: 7, counts: true }, { pay: 0 }, { pay: 0 }] as const),
];

/** Takes one step in both and says what each answered. */
async function take(town: Town, model: Model, does: Step): Promise<readonly [string, string]> {
  const { clock, act } = town;
  const actor = "key:1";
  if ("put" in does) {
    const refused = model.mayPut(does.put);
    const found = await town.put(does.put);
    if (refused !== undefined) return [found, refused];
    model.put(found, does.put, clock.now().getTime() + days * 86_400_000);
    return [found, found];
  }
  if ("fill" in does) {
    await fillCache(db, does.fill, town.community.id);
    model.fill(does.fill);
    return ["", ""];
  }
  if ("leaves" in does) {
    const { id } = town.who(does.leaves);
    await db.updateTable("member").set({ status: "closed" }).where("id", "=", id).execute();
    model.here.delete(does.leaves);
    return ["", ""];
  }
  if ("days" in does) {
    clock.moveOn({ days: does.days });
    if (!does.counts) return ["", ""];
    while ((await act(countDueVotes)) > 0);
    model.count(clock.now().getTime());
    return ["", ""];
  }
  const at = "back" in does ? does.back : "pay" in does ? does.pay : does.cancel;
  const one = model.all.at(-1 - at);
  if (one === undefined) return ["", ""];
  const { id } = one;
  if ("pay" in does)
    return [(await act((context) => payProposal(context, { id, actor }))).type, model.pay(one)];
  if ("cancel" in does) {
    const spec = { id, actor, reason: "anew" };
    return [(await act((context) => cancelProposal(context, spec))).type, model.cancel(one)];
  }
  // Who has left has no phone here to vote with.
  if (!model.here.has(does.voter)) return ["", ""];
  const once = uuid();
  const wanted = model.vote(one, does.voter, does.choice, clock.now().getTime());
  const found = await town.vote(id, does.voter, does.choice, once);
  if (!does.repeats || wanted !== "voted") return [found, wanted];
  // Changed, and then the first act done again: the change stands.
  await town.vote(id, does.voter, "abstain");
  model.vote(one, does.voter, "abstain", clock.now().getTime());
  return [await town.vote(id, does.voter, does.choice, once), wanted];
}

async function expectSame(town: Town, model: Model): Promise<void> {
  const { community } = town;
  const shown = (await town.all()).map(({ id, status, members, yes, no, abstain }) => ({
    ...{ id, status, members, yes, no, abstain },
  }));
  const wanted = model.all.map((one) => ({ id: one.id, status: one.state, ...model.countOf(one) }));
  expect(shown).toEqual(wanted.reverse());
  expect(await cacheOf(db, community.id)).toBe(model.cache());
  const { paid } = await db
    .selectFrom("ledger.journal")
    .select(({ fn }) => fn.countAll<number>().as("paid"))
    .where("community_id", "=", community.id)
    .where("kind", "=", "communal-reward")
    .executeTakeFirstOrThrow();
  expect(paid).toBe(model.all.filter(({ state }) => state === "done").length);
}

test("whatever is put, voted, changed, closed and paid, the counts are the model's", async () => {
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: steps, maxLength: steps }), async (all) => {
      const town = await openTown();
      const model = makeModel();
      await fillCache(db, 60, town.community.id);
      model.fill(60);
      for (const does of all) {
        const [found, wanted] = await take(town, model, does);
        expect(found, JSON.stringify(does)).toBe(wanted);
        await expectSame(town, model);
        for (const { state } of model.all) reached.add(state);
      }
      expect((await verify(db, town.community.id)).ok).toBe(true);
    }),
    { numRuns: runs, examples: [[allStates]] },
  );
  const states = ["open", "passed", "failed", "cancelled", "done"];
  expect([...reached].toSorted()).toEqual(states.toSorted());
}, 120_000);

test("five proposals at a time, and no sixth until one is over", async () => {
  const town = await openTown();
  await fillCache(db, 50, town.community.id);
  for (const reward of ["BINS", "POINT", "TENT", "CUPS", "ROPE"])
    expect(await town.put(reward)).toMatch(/^[0-9a-f-]{36}$/);
  expect(await town.put("PAINT")).toBe("too-many-open");
  expect(await town.put("NOWHERE")).toBe("no-longer-offered");
  town.clock.moveOn({ days });
  expect(await town.put("PAINT")).toBe("too-many-open");
  while ((await town.act(countDueVotes)) > 0);
  expect(await town.put("PAINT")).toMatch(/^[0-9a-f-]{36}$/);
});

describe("at the same moment", () => {
  let town: Town;
  beforeAll(async () => {
    town = await openTown();
    await fillCache(db, 50, town.community.id);
  });

  const stateOf = async (id: string): Promise<ProposalRecord> => {
    const found = (await town.all()).find((one) => one.id === id);
    if (found === undefined) throw new Error("no such proposal");
    return found;
  };
  const passed = async (): Promise<string> => {
    const id = await town.put("POINT");
    await town.vote(id, "Ama", "yes");
    await town.vote(id, "Efua", "yes");
    town.clock.moveOn({ days });
    await town.act(countDueVotes);
    return id;
  };
  const pay = (id: string) =>
    town.act((context) => payProposal(context, { id, actor: "key:1" })).then(({ type }) => type);
  const cancel = (id: string) =>
    town
      .act((context) => cancelProposal(context, { id, actor: "key:1", reason: "anew" }))
      .then(({ type }) => type);

  test("two votes of one member are one vote", async () => {
    const id = await town.put("BINS");
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([town.vote(id, "Ama", "yes"), town.vote(id, "Ama", "no")]);
      const { voted, yes, no } = await stateOf(id);
      expect([voted, yes + no]).toEqual([1, 1]);
    }
    const { onces } = await db
      .selectFrom("vote")
      .select("onces")
      .where("proposal_id", "=", id)
      .executeTakeFirstOrThrow();
    expect(onces).toHaveLength(8);
    await cancel(id);
  });

  /** A vote just before a proposal closes, whose time is over now. */
  const lastVote = async () => {
    const proposal_id = await town.put("BINS");
    town.clock.moveOn({ days });
    const before = new Date(town.clock.now().getTime() - 1);
    const vote = { once: uuid(), member: town.who("Ama"), proposal_id, receipt: false };
    const cast = (meanwhile?: () => Promise<void>) =>
      town.act(async (context) => {
        const voted = await castVote(context, { ...vote, choice: "yes" });
        await meanwhile?.();
        return voted.type;
      }, before);
    return { proposal_id, cast };
  };

  test("a vote under way as a proposal closes is waited for, and counted", async () => {
    const { proposal_id, cast } = await lastVote();
    await cast(async () => expect(await town.act(countDueVotes)).toBe(0));
    expect(await town.act(countDueVotes)).toBe(1);
    expect(await stateOf(proposal_id)).toMatchObject({ status: "failed", yes: 1 });
  });

  test("a vote and a count at once: it is counted or refused, and told which", async () => {
    for (let round = 0; round < 20; round += 1) {
      const { proposal_id, cast } = await lastVote();
      const [voted] = await Promise.all([cast(), town.act(countDueVotes)]);
      await town.act(countDueVotes);
      const yes = voted === "voted" ? 1 : 0;
      expect(await stateOf(proposal_id)).toMatchObject({ status: "failed", yes });
      if (yes === 0) expect(voted).toBe("voting-ended");
    }
  });

  test("two who count are one count and one text to each", async () => {
    const id = await town.put("BINS");
    await town.vote(id, "Ama", "yes");
    town.clock.moveOn({ days });
    const counted = await Promise.all([1, 2, 3].map(() => town.act(countDueVotes)));
    expect(counted.toSorted()).toEqual([0, 0, 1]);
    const { id: recipient } = town.who("Ama");
    const texts = await db
      .selectFrom("message")
      .select("text")
      .where("member_id", "=", recipient)
      .where("text", "=", "proposal-failed")
      .execute();
    expect(texts.length).toBeGreaterThan(0);
    expect((await stateOf(id)).status).toBe("failed");
  });

  test("two who pay, pay once; one who pays and one who cancels, one of them", async () => {
    const first = await passed();
    expect((await Promise.all([pay(first), pay(first)])).toSorted()).toEqual(["done", "not-now"]);
    await fillCache(db, 50, town.community.id);
    const second = await passed();
    const both = await Promise.all([pay(second), cancel(second)]);
    expect(both.filter((type) => type === "not-now")).toHaveLength(1);
    expect(["done", "cancelled"]).toContain((await stateOf(second)).status);
    expect((await verify(db, town.community.id)).ok).toBe(true);
  });

  test("two passed proposals and a cache for one: one is paid", async () => {
    const cache = await cacheOf(db, town.community.id);
    if (cache < 50) await fillCache(db, 50 - cache, town.community.id);
    const [one, two] = [await passed(), await passed()];
    expect((await Promise.all([pay(one), pay(two)])).toSorted()).toEqual(["cache-short", "done"]);
    expect(await cacheOf(db, town.community.id)).toBe(0);
  });

  test("two who put the same are one proposal; the same act again is the same", async () => {
    await fillCache(db, 100, town.community.id);
    const once = uuid();
    const [one, two] = await Promise.all([town.put("TENT", once), town.put("TENT", once)]);
    expect(one).toBe(two);
    const others = await Promise.all([town.put("BINS"), town.put("BINS")]);
    expect(others.filter((type) => type === "open-already")).toHaveLength(1);
  });
});
