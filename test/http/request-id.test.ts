import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCommunityFiles } from "../../src/domain/community-file.ts";
import { callback_secret, eventually, expectNoSecrets, openWorld } from "../support/world.ts";
import type { World } from "../support/world.ts";
import { overseer } from "../support/admin.ts";

const file = readCommunityFiles(join(import.meta.dirname, "../../menus/communities")).find(
  ({ slug }) => slug === "kisumu-manyatta",
);

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

type Line = Readonly<Record<string, unknown>>;

const lines = (): readonly Line[] => world.logs.map((line) => JSON.parse(line) as Line);
const linesOf = (id: unknown): readonly Line[] =>
  lines().filter(({ request_id }) => request_id === id);
const callbacks = (): readonly Line[] => lines().filter(({ msg }) => msg === "callback");
const turns = (): readonly Line[] => callbacks().filter(({ flow }) => flow !== undefined);

test("one id goes from the callback through the log to each of its texts and their delivery", async () => {
  const achieng = world.phoneOf("Achieng Otieno");
  const grace = world.phoneOf("Grace Akinyi");
  await achieng.dials().presses("2", "3", "1").ends("Claim");
  const [, code = ""] = await grace.receives(/OK (\w{4})/);
  expect(await grace.texts(`OK ${code} 4826`)).toBe(200);
  await achieng.receives(/Confirmed/);

  const told = callbacks().find(({ command }) => command === "ok");
  expect(told).toMatchObject({
    route: "/at/:secret/sms",
    command: "ok",
    answer: "ok.confirmed",
    outcome: "answered",
    phone: "+254*****104",
    status: 200,
  });
  expect(told?.["took_ms"]).toBeTypeOf("number");
  const id = told?.["request_id"];
  expect(id).toMatch(/^[a-p]{24}$/);

  // The answer to Grace and Achieng's receipt, each sent and then delivered.
  const stored = await world.db
    .selectFrom("message")
    .select(["recipient", "purpose"])
    .where("request_id", "=", String(id))
    .orderBy("purpose")
    .execute();
  expect(stored).toEqual([
    { recipient: world.numberOf("Grace Akinyi"), purpose: "answer" },
    { recipient: world.numberOf("Achieng Otieno"), purpose: "receipt" },
  ]);
  await eventually(() => {
    const moved = linesOf(id).filter(({ msg }) => msg === "text moved");
    expect(moved.map(({ state }) => state).sort()).toEqual([
      ...["delivered", "delivered"],
      ...["sent", "sent"],
    ]);
  });
  if (file === undefined) throw new Error("no community file");
  expectNoSecrets(JSON.stringify(linesOf(id)), file);
});

test("every turn is one line with its flow and what was shown, and none holds what was pressed", async () => {
  const before = turns().length;
  await world.phoneOf("Achieng Otieno").dials("*384*2255*1#").ends("Balance");
  const grace = world.phoneOf("Grace Akinyi");
  await grace.dials().presses("8").last();
  const told = turns().slice(before);
  expect(told.map(({ flow, shown, outcome }) => [flow, shown, outcome])).toEqual([
    ["balance", "told", "ended"],
    ["home", "choice", "asked"],
    ["confirm", "deed", "asked"],
  ]);
  expect(new Set(told.map(({ request_id }) => request_id)).size).toBe(3);
});

test("an id is taken from nothing that the caller sends", async () => {
  await world.service.app.inject({
    method: "POST",
    url: `/at/${callback_secret}/ussd`,
    headers: { "x-request-id": "mine", "request-id": "mine", traceparent: "mine" },
  });
  expect(callbacks().at(-1)).toMatchObject({ outcome: "unreadable" });
  expect(world.logs.join("")).not.toContain('"mine"');
});

test("what an administrator causes carries the id of their call", async () => {
  const rose = { name: "Rose Adhiambo", phone: "+254711000555", language: "en" };
  await overseer(world).post("/communities/kisumu-manyatta/members", rose).gives(201);
  const { request_id } = await world.db
    .selectFrom("message")
    .select("request_id")
    .where("recipient", "=", rose.phone)
    .executeTakeFirstOrThrow();
  expect(request_id).toMatch(/^[a-p]{24}$/);
  expect(linesOf(request_id).map(({ msg }) => msg)).toContain("http");
});
