import { createHmac } from "node:crypto";
import { join } from "node:path";
import type { Kysely } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DB } from "../../src/db/types.ts";
import { admit, makeFinder } from "../../src/flows/admit.ts";
import { takeTurn } from "../../src/ussd/turn.ts";
import { loadWords } from "../../src/words/load.ts";
import { openPool } from "../support/database.ts";
import { openKisumu, type Kisumu } from "../support/kisumu.ts";
import { wireTo, type Wire } from "../support/wire.ts";

let kisumu: Kisumu;
let wire: Wire;
let db: Kysely<DB>;
let dial: (phone: string, session: string, ...replies: string[]) => Promise<string>;

beforeAll(async () => {
  kisumu = await openKisumu();
  wire = await wireTo(kisumu.database_url);
  db = openPool(wire.url, 1);
  const { pepper, clock } = kisumu;
  const words = loadWords(join(import.meta.dirname, "../../menus/words"));
  const say = (language: string, texts: readonly string[], fields: Record<string, never>) => ({
    text: texts.map((text) => words.say(language, text, fields)).join(" "),
    segments: 1,
  });
  const door = { now: clock.now, say, pepper, onTurnedAway: () => undefined } as never;
  const find = makeFinder(door, db);
  const service = {
    db,
    words,
    now: clock.now,
    digest: (text: string) => createHmac("sha256", pepper).update(text).digest(),
    find,
    admit: admit.bind(undefined, door),
  };
  dial = async (phone, session_id, ...replies) => {
    const call = { session_id, phone, service_code: "*384*2255#", replies };
    return (await takeTurn(service, call)).answer;
  };
});
afterAll(async () => {
  await db.destroy();
  await wire.cut();
  await kisumu.close();
});

const achieng = "+254711000101";

/** The first statement of a pool connects, and the first call finds the code: neither counts. */
const warmedUp = async (): Promise<void> => {
  await dial(achieng, "warm");
  wire.roundTrips();
};

test("a screen that asks nothing of the books is two round trips, one that reads them three", async () => {
  await warmedUp();
  expect(await dial(achieng, "a")).toMatch(/^CON SoCC Kisumu/);
  expect(wire.roundTrips()).toBe(2);
  expect(await dial(achieng, "a", "2")).toMatch(/^CON Which deed/);
  expect(wire.roundTrips()).toBe(3);
  expect(await dial(achieng, "a", "2", "3")).toMatch(/^CON Kitchen garden/);
  expect(wire.roundTrips()).toBe(2);
  expect(await dial(achieng, "a", "2", "3", "9")).toMatch(/^CON Press 1/);
  expect(wire.roundTrips()).toBe(2);
  expect(await dial(achieng, "b", "1")).toMatch(/^END Balance 0/);
  expect(wire.roundTrips()).toBe(3);
});

test("a turn delivered again is one, a call that broke off two", async () => {
  await warmedUp();
  await dial(achieng, "c", "2");
  wire.roundTrips();
  expect(await dial(achieng, "c", "2")).toMatch(/^CON Which deed/);
  expect(wire.roundTrips()).toBe(1);
  await dial(achieng, "c", "2", "3");
  wire.roundTrips();
  expect(await dial(achieng, "d")).toMatch(/^CON Your last call broke off/);
  expect(wire.roundTrips()).toBe(2);
});

test("the lists of rewards, claims and people take three as well", async () => {
  await warmedUp();
  await dial(achieng, "e");
  wire.roundTrips();
  expect(await dial(achieng, "e", "3")).toMatch(/^CON Which reward/);
  expect(wire.roundTrips()).toBe(3);
  const grace = "+254711000104";
  await dial(grace, "f");
  wire.roundTrips();
  expect(await dial(grace, "f", "8")).toMatch(/^CON No claim is waiting/);
  expect(wire.roundTrips()).toBe(3);
});
