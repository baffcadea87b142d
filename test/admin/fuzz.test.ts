import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problemShape } from "../../src/admin/problems.ts";
import { overseer } from "../support/admin.ts";
import { askForCash } from "../support/cash-out.ts";
import { raiseDisputes } from "../support/disputes.ts";
import { fitting, operationsOf, spoilt, type Operation } from "../support/openapi.ts";
import { fillCache, passedProposals } from "../support/proposals.ts";
import { unknownTexts } from "../support/texts.ts";
import { openWorld, type World } from "../support/world.ts";

/** Requests for each route; the seed is printed with a failure. */
const runs_each = 60;

interface Request {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: unknown;
}

/** Ids that are there, by the routes they are for: so that some requests get through. */
type Known = readonly (readonly [route: string, ids: readonly string[]])[];

const idsFor = (path: string, known: Known): readonly string[] =>
  known.find(([route]) => path.includes(route))?.[1] ?? [];

/** A request for a route, from its description: fitting, or with one part awkward. */
function requestFor({ path, parameters, body }: Operation, known: Known): fc.Arbitrary<Request> {
  const value = (name: string, schema: Operation["parameters"][number]["schema"]) =>
    fc.oneof(
      {
        weight: 4,
        arbitrary: name === "id" ? fc.constantFrom(...idsFor(path, known)) : fitting(schema),
      },
      { weight: 1, arbitrary: spoilt(schema) },
    );
  const given = parameters.map((parameter) => {
    const arbitrary =
      parameter.name === "community"
        ? fc.oneof(
            { weight: 9, arbitrary: fc.constant("kisumu-manyatta") },
            { weight: 1, arbitrary: fc.string() },
          )
        : value(parameter.name, parameter.schema);
    const chosen =
      parameter.required === true ? arbitrary : fc.option(arbitrary, { freq: 2, nil: undefined });
    return chosen.map((chosen) => ({ ...parameter, chosen }));
  });
  const payload =
    body === undefined
      ? fc.constant(undefined)
      : fc.oneof({ weight: 3, arbitrary: fitting(body) }, { weight: 2, arbitrary: spoilt(body) });
  return fc.tuple(fc.tuple(...given), payload).map(([parameters, payload]) => {
    const chosen = parameters.filter((parameter) => parameter.chosen !== undefined);
    const part = (where: string) => chosen.filter((parameter) => parameter.in === where);
    const url = part("path").reduce(
      (url, { name, chosen }) => url.replace(`{${name}}`, () => inPath(chosen)),
      path,
    );
    const query = part("query").map(({ name, chosen }) => `${name}=${inPath(chosen)}`);
    const headers = part("header").map(({ name, chosen }) => [name, inHeader(chosen)] as const);
    return { url: `${url}?${query.join("&")}`, headers: Object.fromEntries(headers), payload };
  });
}

/** Lone surrogates cannot be put into an address at all. */
const inPath = (value: unknown): string => encodeURIComponent(textOf(value).toWellFormed()) || "-";
const inHeader = (value: unknown): string => textOf(value).replaceAll(/[^\x20-\x7e]/g, "?");
const textOf = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

describe("whatever is asked of the admin API", () => {
  let world: World;
  let operations: readonly Operation[];
  let known: Known;
  beforeAll(async () => {
    world = await openWorld();
    operations = await operationsOf(world);
    known = await knownIds(world);
  });
  afterAll(() => world.close());

  test(
    "is answered, never with a fault, and an error names its field",
    { timeout: 240_000 },
    async () => {
      const statuses: Set<number>[] = [];
      for (const operation of operations) {
        // A key of its own for each route: calls are counted by key.
        const authorization = `Bearer ${await newKey(world)}`;
        const seen = new Set<number>();
        statuses.push(seen);
        await fc.assert(
          fc.asyncProperty(requestFor(operation, known), async ({ url, headers, payload }) => {
            const json = payload === undefined ? {} : { "content-type": "application/json" };
            const answer = await world.service.app.inject({
              method: operation.method,
              url,
              headers: { ...headers, ...json, authorization },
              ...(payload !== undefined && { payload: JSON.stringify(payload) }),
            });
            seen.add(answer.statusCode);
            expect(answer.statusCode, answer.body).toBeLessThan(500);
            if (answer.statusCode < 400) return;
            expect(answer.headers["content-type"]).toContain("application/problem+json");
            expectProblem(answer.json(), answer.statusCode, payload);
          }),
          { numRuns: runs_each },
        );
      }
      // It got beyond the door of nearly every route.
      const good = statuses.filter((seen) => seen.has(200) || seen.has(201));
      expect(good.length).toBeGreaterThan(operations.length * 0.8);
      expect((await world.verifyBooks()).ok).toBe(true);
      expect(world.logs.filter((line) => line.includes("admin request failed"))).toEqual([]);
    },
  );
});

function expectProblem(problem: unknown, status: number, payload: unknown): void {
  const { errors, ...rest } = problemShape.parse(problem);
  expect(rest).toMatchObject({ type: "about:blank", status });
  expect(errors.length).toBeGreaterThan(0);
  // Where no body could be read, or a wrong one has no fields, the body as a whole is wrong.
  const whole = rest.title === "The request cannot be read" || !hasOnlyNamedFields(payload);
  for (const { in: part, field } of errors)
    if ([400, 422].includes(status) && !(whole && part === "body")) expect(field).not.toBe("");
  expect(rest.detail).not.toMatch(/^: /);
  for (const text of [rest.title, rest.detail, ...errors.map(({ detail }) => detail)])
    expect(text).not.toBe("");
}

/** An object that has no field without a name, which could not be told apart from the whole. */
const hasOnlyNamedFields = (payload: unknown): boolean =>
  typeof payload === "object" && payload !== null && !Array.isArray(payload) && !("" in payload);

async function newKey(world: World): Promise<string> {
  const made = await overseer(world).post("/keys", { name: "fuzz" }).gives(201);
  return (made as { key: string }).key;
}

async function knownIds(world: World): Promise<Known> {
  const { db } = world;
  await fillCache(db, 1_000);
  const cash_outs = [
    await askForCash(world, "Mama Njeri Shop", { has: 50, asks: 5 }),
    await askForCash(world, "Mama Njeri Shop", { has: 50, asks: 5 }),
  ];
  const drafts = Array.from({ length: 12 }, async (_, at) => {
    const changes = "/communities/kisumu-manyatta/menus/changes";
    const drafted = { note: "x", accrual_ratio: at + 6 };
    return ((await overseer(world).post(changes, drafted).gives(201)) as { id: string }).id;
  });
  const changes = await Promise.all(drafts);
  await newKey(world);
  const disputes = await raiseDisputes(world, 6);
  const idsOf = async (
    table: "member" | "ledger.journal" | "admin_key" | "alert",
  ): Promise<string[]> => (await db.selectFrom(table).select("id").execute()).map(({ id }) => id);
  return [
    ["/cash-outs/", cash_outs],
    ["/done", await passedProposals(world, 6)],
    ["/proposals/", await passedProposals(world, 6)],
    ["/messages/", await unknownTexts(world, 6)],
    ["/approve", changes.slice(0, 6)],
    ["/changes/", changes.slice(6)],
    ["/members/", await idsOf("member")],
    ["/disputes/", disputes],
    ["/alerts/", await idsOf("alert")],
    ["/journals/", await idsOf("ledger.journal")],
    ["/keys/", await idsOf("admin_key")],
  ];
}
