import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminOf, keyFor, overseer, type Admin } from "../support/admin.ts";
import { cacheIn, fillCache, newestProposal } from "../support/proposals.ts";
import { openWorld, type World } from "../support/world.ts";

const kisumu = "/communities/kisumu-manyatta";
const proposals = `${kisumu}/proposals`;

interface Proposal {
  readonly id: string;
  readonly code: string;
}

// R18, from the partner's side.
describe("proposals over the admin API", () => {
  let world: World;
  let women: Admin;
  beforeAll(async () => {
    world = await openWorld();
    women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
    await fillCache(world.db, 1_000);
  });
  afterAll(() => world.close());

  const items = async (query: string): Promise<readonly Record<string, unknown>[]> => {
    const { items } = (await women.get(`${proposals}${query}`).gives(200)) as {
      items: Record<string, unknown>[];
    };
    return items;
  };
  const put = async (reward = "CHAIRS"): Promise<Proposal> =>
    (await women.post(proposals, { reward }).gives(201)) as Proposal;
  const votes = async (choice: string, ...names: readonly string[]): Promise<void> => {
    const { code } = await newestProposal(world);
    for (const name of names)
      await world.phoneOf(name).texts(`VOTE ${code} ${choice} ${world.pinOf(name)}`);
  };

  test("the partner puts one, once under its Idempotency-Key, and the managers are told", async () => {
    const body = { reward: "CHAIRS", note: "Talked over on Sunday\nwith forty people." };
    const key = { "idempotency-key": "chairs" };
    const both = await Promise.all([
      women.post(proposals, body, key).answer(),
      women.post(proposals, body, key).answer(),
    ]);
    expect(both.map(({ statusCode }) => statusCode)).toEqual([201, 201]);
    expect(both[0].body).toBe(both[1].body);
    const { code } = await newestProposal(world);
    expect(both[0].json()).toMatchObject({
      ...{ code, status: "open", reward: "CHAIRS", price: 800, note: body.note },
      ...{ quorum_percent: 30, majority_percent: 50, opened_at: "2026-03-14T14:40:00.000Z" },
      ...{ closes_at: "2026-03-21T14:40:00.000Z", members: 7, voted: 0, journal_id: null },
    });
    await world.phoneOf("Grace Akinyi").receives(new RegExp(`^Proposal ${code}: Ten chairs for`));
    expect(await items("?status=open")).toMatchObject([{ code }]);
  });

  test.for([
    [{ reward: "CHAIRS" }, 409, "reward"],
    [{ reward: "TENT" }, 409, "reward"],
    [{ reward: "UMBRELLA" }, 422, "reward"],
    [{ reward: "CHAIRS", note: " " }, 400, "note"],
    [{ reward: "CHAIRS", note: "x".repeat(301) }, 400, "note"],
  ] as const)("%o is refused with %d for its %s", async ([body, status, field]) => {
    await women.post(proposals, body).gives(status, { errors: [{ in: "body", field }] });
    expect(await items("")).toHaveLength(1);
  });

  test("counts are shown as they come, and never who voted what", async () => {
    await votes("YES", "Achieng Otieno", "Grace Akinyi");
    await votes("NO", "Ouma Odhiambo");
    await votes("ABSTAIN", "Wanjiku Kamau");
    const [found] = await items("");
    expect(found).toMatchObject({ voted: 4, yes: 2, no: 1, abstain: 1, members: 7 });
    const achieng = await world.db
      .selectFrom("member")
      .select("id")
      .where("name", "=", "Achieng Otieno")
      .executeTakeFirstOrThrow();
    expect(JSON.stringify(found)).not.toContain(achieng.id);
  });

  test("it is not paid while it is open", async () => {
    const { id } = await newestProposal(world);
    await women.post(`${proposals}/${id}/done`).gives(409, { detail: /open/ });
    expect(await cacheIn(world.db)).toBe(1_000);
  });

  test("passed and done: the cache pays once, also for two who say so at once", async () => {
    await world.timePasses({ days: 7 });
    const { id, code } = await newestProposal(world);
    expect(await items("?status=passed")).toMatchObject([{ id, members: 7, yes: 2, no: 1 }]);
    await women.get(`${kisumu}/reports/summary`).gives(200, {
      proposals: { passed: 1 },
      commsoccs: { cache: 1_000, spent: 0, promised: 800 },
    });
    const done = `${proposals}/${id}/done`;
    const both = await Promise.all([women.post(done).answer(), women.post(done).answer()]);
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409]);
    await world
      .phoneOf("Grace Akinyi")
      .receives(/^S\w{7} Done: Ten chairs, 800 commSoCC paid from the cache 21\/3.* Cache 200\./);
    expect(await cacheIn(world.db)).toBe(200);
    await women.get(`${kisumu}/reports/summary`).gives(200, {
      proposals: { done: 1 },
      commsoccs: { cache: 200, spent: 800, promised: 0 },
    });
    const { items: acts } = (await women.get("/audit?act=proposal.done").gives(200)) as {
      items: unknown[];
    };
    expect(acts).toMatchObject([{ subject: `proposal:${id}`, after: { price: 800 } }]);
    await women.post(`${proposals}/${id}/cancel`, { reason: "too late" }).gives(409);
    expect((await world.verifyBooks()).ok).toBe(true);
    expect(code).not.toBe("");
  });

  test("one that the cache can no longer pay is refused, and paid once it can", async () => {
    await fillCache(world.db, 700);
    await put();
    await votes("YES", "Achieng Otieno", "Grace Akinyi", "Ouma Odhiambo");
    const first = (await newestProposal(world)).id;
    await world.timePasses({ days: 7 });
    await put();
    await votes("YES", "Achieng Otieno", "Grace Akinyi", "Ouma Odhiambo");
    const second = (await newestProposal(world)).id;
    await world.timePasses({ days: 7 });
    await world
      .phoneOf("Grace Akinyi")
      .receives(/passed proposals want 1600 commSoCC together, the cache has 900/);
    await women.post(`${proposals}/${first}/done`).gives(200, { status: "done" });
    await women.post(`${proposals}/${second}/done`).gives(409, {
      title: "The cache is short",
      detail: "700 commSoCC more are needed; nothing was paid.",
    });
    await fillCache(world.db, 700);
    await women.post(`${proposals}/${second}/done`).gives(200);
    expect(await cacheIn(world.db)).toBe(0);
  });

  test("an open one is called off with its counts as they stand, and who voted is told why", async () => {
    await fillCache(world.db, 800);
    const { id, code } = await put();
    await votes("YES", "Achieng Otieno");
    await women
      .post(`${proposals}/${id}/cancel`, {})
      .gives(400, { errors: [{ in: "body", field: "reason" }] });
    await women.post(`${proposals}/${id}/cancel`, { reason: "The price went up" }).gives(200, {
      ...{ status: "cancelled", reason: "The price went up", voted: 1, yes: 1, members: 7 },
    });
    const told = new RegExp(`^Proposal ${code}, Ten chairs, is called off: The price went up`);
    await world.phoneOf("Achieng Otieno").receives(told);
    await world.phoneOf("Grace Akinyi").receives(told);
    await votes("NO", "Ouma Odhiambo");
    await world.phoneOf("Ouma Odhiambo").receives(new RegExp(`Paro ${code} ok oyawore`));
    expect(await items("?status=cancelled")).toMatchObject([{ id, voted: 1, no: 0 }]);
    await women.post(`${proposals}/${id}/done`).gives(409);
  });

  test("lists are cut by date and paged by cursor", async () => {
    const all = await items("");
    expect(all).toHaveLength(4);
    const { next } = (await women.get(`${proposals}?limit=1`).gives(200)) as { next: string };
    expect(await items(`?limit=1&cursor=${next}`)).toEqual([all[1]]);
    expect(await items("?until=2026-03-15T00:00:00Z")).toEqual([all[3]]);
    expect(await items("?from=2026-04-05T00:00:00Z")).toEqual([]);
    await women.get(`${proposals}?status=lost`).gives(400, { errors: [{ field: "status" }] });
  });

  test("the community's rules are settings, and those of an open proposal stay", async () => {
    const { id } = await put();
    const rules = { quorum_percent: 100, majority_percent: 66, voting_days: 14 };
    await women.patch(kisumu, rules).gives(200, rules);
    for (const wrong of [{ quorum_percent: 0 }, { majority_percent: 49 }, { voting_days: 61 }])
      await overseer(world).patch(kisumu, wrong).gives(400);
    expect(await items("?status=open")).toMatchObject([
      { id, quorum_percent: 30, majority_percent: 50 },
    ]);
    await women.post(`${proposals}/${id}/cancel`, { reason: "anew" }).gives(200);
    await women.post(proposals, { reward: "CHAIRS" }).gives(201, {
      ...{ quorum_percent: 100, majority_percent: 66, closes_at: "2026-04-18T14:40:00.000Z" },
    });
  });
});
