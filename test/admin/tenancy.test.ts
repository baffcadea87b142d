import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keyFor, overseer } from "../support/admin.ts";
import { askForCash } from "../support/cash-out.ts";
import { raiseDisputes } from "../support/disputes.ts";
import { everything, everythingAtRest } from "../support/everything.ts";
import { operationsOf, type Operation } from "../support/openapi.ts";
import { fillCache, passedProposals } from "../support/proposals.ts";
import { unknownTexts } from "../support/texts.ts";
import { openWorld, type World } from "../support/world.ts";
import { bantama } from "./bantama.ts";

/**
 * Requests that would be answered in Kisumu with its own partner's key. A route that is not here
 * fails the test below: whoever adds one says what it is asked.
 */
const bodies: Readonly<Record<string, object>> = {
  "PATCH /communities/{community}": { name: "Taken" },
  "POST /communities/{community}/members": {
    name: "Spy",
    phone: "+254711000190",
    language: "en",
  },
  "PATCH /communities/{community}/members/{id}": { name: "Taken" },
  "POST /communities/{community}/members/{id}/erase": { forfeit: true },
  "POST /communities/{community}/ledger/journals/{id}/reverse": { reason: "spite" },
  "POST /communities/{community}/messages/{id}/settle": { as: "failed" },
  "POST /communities/{community}/menus/changes": { note: "x", accrual_ratio: 1 },
  "POST /communities/{community}/menus/changes/{id}/return": { reason: "spite" },
  "POST /communities/{community}/disputes/{id}/decide": { upholds: true },
  "POST /communities/{community}/proposals": { reward: "CHAIRS" },
  "POST /communities/{community}/proposals/{id}/cancel": { reason: "spite" },
};
const no_body: readonly string[] = [
  "POST /communities/{community}/messages/{id}/resend",
  "POST /communities/{community}/cash-outs/{id}/paid",
  "POST /communities/{community}/menus/changes/{id}/approve",
  "POST /communities/{community}/alerts/{id}/acknowledge",
  "POST /communities/{community}/proposals/{id}/done",
];

/** Routes of no one community, and what a partner is answered there. */
const of_no_community: Readonly<Record<string, { status: number; body?: object }>> = {
  "GET /communities": { status: 200 },
  "POST /communities": { status: 403, body: { ...bantama, slug: "spy", ussd_code: "*1#" } },
  "GET /audit": { status: 200 },
  "GET /keys": { status: 403 },
  "POST /keys": { status: 403, body: { name: "spy" } },
  "POST /keys/{id}/revoke": { status: 403 },
};

const nameOf = ({ method, path }: Operation): string =>
  `${method} ${path.replace("/admin/v1", "")}`;

describe("a partner sees its own communities and nothing else", () => {
  let world: World;
  let operations: readonly Operation[];
  let elders: string;
  let ids: Readonly<Record<string, string>>;
  beforeAll(async () => {
    world = await openWorld();
    operations = await operationsOf(world);
    const boss = overseer(world);
    await boss.post("/communities", bantama).gives(201);
    elders = await keyFor(world, "Bantama Elders");
    const women = await keyFor(world, "Manyatta Women's Network");
    ids = await thingsOfKisumu(world, women);
  });
  afterAll(() => world.close());

  const ask = async (operation: Operation, key: string | undefined, body: object | undefined) =>
    await world.service.app.inject({
      method: operation.method,
      url: operation.path
        .replace("{community}", "kisumu-manyatta")
        .replace("{id}", idFor(operation.path, ids)),
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      // Wrong keys are counted by address, and there are more routes than those that are let through.
      remoteAddress: `10.0.0.${operations.indexOf(operation) + 1}`,
      ...(body && { payload: body }),
    });

  test("every route is covered here", () => {
    const covered = [...Object.keys(bodies), ...no_body, ...Object.keys(of_no_community)];
    const writes = operations.filter(({ method }) => method !== "GET").map(nameOf);
    const reads = operations.filter(({ path }) => !path.includes("{community}")).map(nameOf);
    expect([...covered].sort()).toEqual([...new Set([...writes, ...reads])].sort());
    expect(operations.length).toBeGreaterThan(25);
  });

  test("nothing is answered without a key", async () => {
    const before = await everythingAtRest(world);
    for (const operation of operations) {
      const answer = await ask(operation, undefined, bodies[nameOf(operation)]);
      expect([nameOf(operation), answer.statusCode]).toEqual([nameOf(operation), 401]);
      expect(answer.body).not.toContain("Kisumu");
    }
    expect(await everything(world)).toBe(before);
  });

  test("another partner's key finds nothing there, and changes nothing", async () => {
    const before = await everythingAtRest(world);
    for (const operation of operations) {
      const name = nameOf(operation);
      const elsewhere = of_no_community[name];
      const answer = await ask(operation, elders, elsewhere?.body ?? bodies[name]);
      expect([name, answer.statusCode]).toEqual([name, elsewhere?.status ?? 404]);
      expect(answer.body).not.toMatch(/[Kk]isumu|Manyatta|254711/);
    }
    expect(await everything(world)).toBe(before);
  });

  test("and a thing of Kisumu is not in Bantama either", async () => {
    for (const operation of operations.filter(({ path }) => path.includes("{community}/"))) {
      if (!operation.path.includes("{id}")) continue;
      const there = { ...operation, path: operation.path.replace("{community}", "kumasi-bantama") };
      const name = nameOf(operation);
      // Approving a change is the overseer's: a partner is told that first.
      const wanted = name.endsWith("/approve") ? 403 : 404;
      const answer = await ask(there, elders, bodies[name]);
      expect([name, answer.statusCode]).toEqual([name, wanted]);
    }
  });
});

const idFor = (path: string, ids: Readonly<Record<string, string>>): string => {
  const kind = Object.keys(ids).find((part) => path.includes(part));
  return ids[kind ?? ""] ?? "0198b2a0-0000-7000-8000-000000000000";
};

/** One of each thing that a path may name, each really there. */
async function thingsOfKisumu(world: World, key: string): Promise<Record<string, string>> {
  const cash_out = await askForCash(world, "Mama Njeri Shop", { has: 50, asks: 20 });
  const [dispute = ""] = await raiseDisputes(world, 1);
  await fillCache(world.db, 1_000);
  const idOf = async (table: "member" | "admin_key" | "alert"): Promise<string> =>
    (await world.db.selectFrom(table).select("id").orderBy("id").executeTakeFirstOrThrow()).id;
  const journal = await world.db
    .selectFrom("ledger.journal")
    .select("id")
    .executeTakeFirstOrThrow();
  const change = await world.service.app.inject({
    method: "POST",
    url: "/admin/v1/communities/kisumu-manyatta/menus/changes",
    headers: { authorization: `Bearer ${key}` },
    payload: { note: "x", accrual_ratio: 7 },
  });
  return {
    "/cash-outs/": cash_out,
    "/proposals/": (await passedProposals(world, 1))[0] ?? "",
    "/messages/": (await unknownTexts(world, 1))[0] ?? "",
    "/members/": await idOf("member"),
    "/disputes/": dispute,
    "/alerts/": await idOf("alert"),
    "/journals/": journal.id,
    "/menus/changes/": change.json<{ id: string }>().id,
    "/keys/": await idOf("admin_key"),
  };
}
