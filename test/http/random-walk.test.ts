import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compose, type Service } from "../../src/compose/service.ts";
import { checkedWords } from "../../src/compose/menus.ts";
import { endScreen } from "../../src/ussd/turn.ts";
import { fitsScreen } from "../../src/words/measure.ts";
import { postForm } from "../support/phone.ts";
import { callback_secret, openWorld, withoutChance, type World } from "../support/world.ts";

/** 10,000 calls in CI, fewer while working. */
const calls = process.env["CI"] === "true" ? 10_000 : 240;
/** Side by side, so that calls meet each other's claims, orders and changes. */
const lanes = 8;
/** After so many calls what was locked, blocked or changed is set right, so that walks go on. */
const calls_between_repairs = 60;

const people = [
  "Achieng Otieno",
  "Wanjiku Kamau",
  "Ouma Odhiambo",
  "Grace Akinyi",
  "Baraka Mwangi",
  "Mama Njeri Shop",
  "Okello Solar",
  "Mary Atieno",
  "+254733000001",
  "+254733000002",
];
const numbers = Array.from({ length: 9 }, (_, at) => `071100010${at}`);

/** What a caller does at one screen, before it is known what is shown. */
const step = fc.record({
  mood: fc.nat({ max: 99 }),
  pick: fc.nat({ max: 9_999 }),
  mischief: fc.constantFrom(
    ...["none", "none", "none", "none", "none", "none", "none"],
    ...["twice", "thrice at once", "diverges", "shrinks", "deploy"],
  ),
});
const walk = fc.record({
  who: fc.nat({ max: people.length - 1 }),
  deep: fc.option(fc.stringMatching(/^[1-9]\*[1-9]$/), { freq: 5, nil: undefined }),
  steps: fc.array(step, { minLength: 1, maxLength: 9 }),
});

let world: World;
let other: Service;
let pins: readonly { member_id: string; hash: string }[];
beforeAll(async () => {
  world = await openWorld();
  // Another process of the service, with nothing shared but the database: a restart between any two
  // turns is a turn taken by the other.
  other = await compose({ ...world.parts, role: "web" });
  await world.db.updateTable("community").set({ send_daily_max: 1_000_000 }).execute();
  for (const name of people.filter((each) => !each.startsWith("+")))
    await world.earned(name, 2_000);
  pins = await world.db.selectFrom("pin").select(["member_id", "hash"]).execute();
}, 60_000);
afterAll(async () => {
  await other.close();
  await world.close();
});

const path = `/at/${callback_secret}/ussd`;

test(
  "whatever is pressed, by whomever, however the network behaves",
  async () => {
    const seen = new Set<string>();
    for (let done = 0; done < calls; done += calls_between_repairs) {
      await repair();
      await Promise.all(
        Array.from({ length: lanes }, (_, lane) =>
          fc.assert(
            fc.asyncProperty(walk, (steps) => takeWalk(steps, seen)),
            { numRuns: Math.ceil(calls_between_repairs / lanes), seed: done * lanes + lane },
          ),
        ),
      );
    }
    expect((await world.verifyBooks()).mismatches).toEqual([]);
    // A walk that never gets anywhere proves nothing.
    const journals = await world.db
      .selectFrom("ledger.journal")
      .select("kind")
      .distinct()
      .execute();
    const kinds = journals.map(({ kind }) => kind);
    expect(kinds).toContain("transfer");
    expect(seen.size).toBeGreaterThan(40);
    await expectNoPins();
  },
  10 * 60_000,
);

/** One call, from the dialled code to its end or to where the caller gives up. */
async function takeWalk(
  { who, deep, steps }: typeof walk extends fc.Arbitrary<infer W> ? W : never,
  seen: Set<string>,
): Promise<void> {
  const name = people[who] ?? "";
  const fields = {
    sessionId: `ATUid_${randomBytes(16).toString("hex")}`,
    phoneNumber: world.numberOf(name),
    networkCode: "63902",
    serviceCode: deep === undefined ? "*384*2255#" : `*384*2255*${deep}#`,
  };
  let text = "";
  let shown = await turn(fields, text, seen);
  for (const each of steps) {
    if (shown.startsWith("END")) return;
    const reply = replyTo(shown, name, each);
    const next = text === "" ? reply : `${text}*${reply}`;
    shown = await misbehave(each.mischief, fields, { text, next }, seen);
    text = next;
  }
}

/** The next turn, as a bad network may deliver it. @returns what the phone shows in the end. */
async function misbehave(
  mischief: string,
  fields: Readonly<Record<string, string>>,
  { text, next }: { text: string; next: string },
  seen: Set<string>,
): Promise<string> {
  switch (mischief) {
    case "twice": {
      const first = await turn(fields, next, seen);
      expectSame([first, await turn(fields, next, seen)]);
      return first;
    }
    case "thrice at once": {
      const answers = await Promise.all([1, 2, 3].map(() => turn(fields, next, seen)));
      expectSame(answers);
      return answers[0] ?? "";
    }
    case "diverges":
      if (text !== "") await turn(fields, `7*${text}*7`, seen);
      return await turn(fields, next, seen);
    case "shrinks":
      await turn(fields, text.split("*").slice(0, -1).join("*"), seen);
      return await turn(fields, next, seen);
    case "deploy":
      await sql`
        update ussd_session set state = jsonb_set(state, '{shape}', '"of another day"')
        where id = ${fields["sessionId"]} and state <> 'null'
      `.execute(world.db);
      return await turn(fields, next, seen);
    default:
      return await turn(fields, next, seen);
  }
}

/**
 * The same turn is answered the same; but another lane may have dialled from the same phone in
 * between, which ends this call.
 */
function expectSame(answers: readonly string[]): void {
  const own = answers.filter((answer) => !interrupted.includes(answer));
  expect(new Set(own).size, own.join("\n---\n")).toBeLessThanOrEqual(1);
}

const interrupted = [...checkedWords().languages.values()].map((language) =>
  endScreen("lost", language),
);

async function turn(
  fields: Readonly<Record<string, string>>,
  text: string,
  seen: Set<string>,
): Promise<string> {
  const service = text.length % 2 === 0 ? world.service : other;
  const { statusCode, body } = await postForm(service.app, path, { ...fields, text });
  expect(statusCode).toBe(200);
  expect(body).toMatch(/^(CON|END) ./);
  expect(fitsScreen(body), body).toBe(true);
  expect(body).not.toMatch(/something went wrong|takes too long/);
  seen.add(body.replaceAll(/\d/g, "").slice(0, 24));
  return body;
}

/** Mostly what a sensible person would press at such a screen, sometimes anything. */
function replyTo(shown: string, name: string, { mood, pick }: { mood: number; pick: number }) {
  const keys = [...shown.matchAll(/^(\d+)\. /gm)].map(([, key]) => key ?? "");
  const one = <T>(from: readonly T[]): T => from[pick % from.length] as T;
  if (mood < 4) return one(["0", "00", "98", "", "9", "#", "é", "1 2", "000", "12345678901"]);
  if (mood < 8 && shown.includes("98.")) return "98";
  if (keys.length > 0) return one(keys);
  if (/PIN/.test(shown)) return mood < 20 ? one(["0001", "12", "9046", "9046"]) : world.pinOf(name);
  if (/number|namba|nambari/i.test(shown)) return one([...numbers, "Otieno", "a"]);
  if (/name|jina|nying/i.test(shown)) return one(["Achieng", "Neema Auma", "Mary", "X", "Jomo O."]);
  return one(["1", "2", "3", "5", "17", "000123", "Akinyi", ...numbers]);
}

/** PINs, locks and languages are as they were; time moves on, so that caps and codes free up. */
async function repair(): Promise<void> {
  const fresh = { wrong_tries: 0, rounds: 0, locked_until: null, blocked_at: null };
  const no_reset = { reset_by: null, reset_ready_at: null };
  for (const { member_id, hash } of pins)
    await world.db
      .updateTable("pin")
      .set({ hash, ...fresh, ...no_reset })
      .where("member_id", "=", member_id)
      .execute();
  await world.db.updateTable("vendor").set({ wrong_tries: 0, locked_until: null }).execute();
  await world.db
    .updateTable("number_change")
    .set({ state: "cancelled", ended_at: world.clock.now() })
    .where("ended_at", "is", null)
    .execute();
  await world.timePasses({ minutes: 7 * 60 });
}

async function expectNoPins(): Promise<void> {
  const sessions = await world.db.selectFrom("ussd_session").select(["state", "reply"]).execute();
  const stored = withoutChance(JSON.stringify(sessions));
  for (const name of people.filter((each) => !each.startsWith("+")))
    expect(stored).not.toMatch(new RegExp(`"${world.pinOf(name)}"`));
  expect(stored).not.toContain("9046");
  expect(stored).not.toMatch(/0711000\d{3}|254711000\d{3}/);
}
