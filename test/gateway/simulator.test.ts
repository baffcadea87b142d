import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seeded } from "../../src/gateway/simulator/random.ts";
import { eventually, openWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld({ sending: { redeliver_ms: 50 } });
});
afterAll(() => world.close());

const achieng = "+254711000101";
const grace = "+254711000104";
const code = "*384*2255#";

const count = async (table: "claim" | "ledger.journal"): Promise<number> =>
  (await world.db.selectFrom(table).selectAll().execute()).length;

describe("a network that does to each turn what it likes", () => {
  test("sends the turns that act twice at once: one claim, one posting", async () => {
    const [claims, journals] = [await count("claim"), await count("ledger.journal")];
    const call = await world.simulator.dial(achieng, code, { type: "twice", at_once: true });
    expect(call.shown).toMatch(/^CON SoCC Kisumu/);
    await call.press("2");
    await call.press("3", { type: "twice" });
    expect(await call.press("1", { type: "twice", at_once: true })).toMatch(/^END Claim/);
    expect(await count("claim")).toBe(claims + 1);
    const confirm = await world.simulator.dial(grace, code);
    for (const key of ["8", "1", "1"]) await confirm.press(key);
    expect(await confirm.press("4826", { type: "twice", at_once: true })).toMatch(/Confirmed/);
    expect(await count("ledger.journal")).toBe(journals + 1);
  });

  test("loses a turn, and the next one brings what was pressed all the same", async () => {
    const call = await world.simulator.dial(achieng, code);
    expect(await call.press("2", { type: "drop" })).toBeUndefined();
    expect(await call.press("3")).toMatch(/1\. Yes, I did it/);
    // To its end, or the next dial would offer to go on with it.
    expect(await call.press("1")).toMatch(/^END Claim/);
  });

  test("lets a turn be overtaken: the late one changes nothing", async () => {
    const claims = await count("claim");
    const call = await world.simulator.dial(achieng, code);
    await call.press("2", { type: "reorder" });
    await call.press("3", { type: "delay", ms: 5 });
    expect(await call.press("1")).toMatch(/^END Claim/);
    expect(await count("claim")).toBe(claims + 1);
  });

  test("changes what was pressed before: told to dial again, nothing done", async () => {
    const claims = await count("claim");
    const call = await world.simulator.dial(achieng, code);
    await call.press("2");
    await call.press("3");
    expect(await call.press("1", { type: "diverge" })).toMatch(/^END .*interrupted/);
    expect(await count("claim")).toBe(claims);
  });

  test("tells of the end twice, late, or before it: nothing moves, and no PIN is kept", async () => {
    const call = await world.simulator.dial(grace, code);
    let shown = await call.press("8");
    await call.hangUp({ status: "Incomplete", times: 2 });
    // However many screens lie before the PIN, the first choice is the way there.
    for (let screens = 0; screens < 5 && !/PIN/.test(shown ?? ""); screens += 1)
      shown = await call.press("1");
    const before = await count("ledger.journal");
    expect(await call.press("4826")).toMatch(/^END/);
    const after = await count("ledger.journal");
    expect(after).toBeGreaterThan(before);
    await call.hangUp({ status: "Incomplete", late_ms: 5, times: 2 });
    expect(await count("ledger.journal")).toBe(after);
    expect(await world.everythingStored()).not.toMatch(/(?<!\d)4826(?!\d)/);
  });
});

describe("the simulator's controls", () => {
  const ask = async (path: string, body: object) => {
    const url = `${world.service.url}/simulator/control/${path}`;
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: answer.status, text: await answer.text() };
  };
  const tally = async () =>
    (await (await fetch(`${world.service.url}/simulator/control/tally`)).json()) as object;

  test("set what the next text to a phone meets, over HTTP", async () => {
    const faults = [{ answer: "do-not-disturb" }];
    expect(await ask("phone", { phone: achieng, faults })).toMatchObject({ status: 204 });
    await world.phoneOf("Achieng Otieno").texts("BAL");
    await eventually(async () => {
      const failed = await world.db
        .selectFrom("message")
        .select("reason")
        .where("state", "=", "failed")
        .execute();
      expect(failed).toEqual([{ reason: "409 DoNotDisturbRejection" }]);
    });
  });

  test("send a text as a phone does, ten copies at once, with one answer", async () => {
    const before = world.simulator.inbox(grace).length;
    const text = { from: grace, to: "22551", text: "BAL", copies: 10 };
    expect(await ask("text", text)).toMatchObject({ status: 204 });
    await world.phoneOf("Grace Akinyi").receives(/^Balance/);
    await world.phoneOf("Grace Akinyi").texts("HELP");
    await world.phoneOf("Grace Akinyi").receives(/Questions: 0800/);
    expect(world.simulator.inbox(grace)).toHaveLength(before + 2);
  });

  test("count what was sent", async () => {
    expect(await tally()).toMatchObject({ again_after_accepted: 0 });
  });

  test.for([
    ["phone", { phone: "0711", faults: [] }, "a phone number"],
    ["phone", { phone: achieng, faults: [{ answer: "explode" }] }, "a fault's name"],
    ["chance", { share: 2 }, "share"],
  ] as const)("refuse what they cannot do (%s %o)", async ([path, body, why]) => {
    const { status, text } = await ask(path, body);
    expect(status).toBe(400);
    expect(text).toContain(why);
  });
});

test("chances are the same again for the same seed, and spread over all there is", () => {
  const draw = (seed: number) => {
    const random = seeded(seed);
    return Array.from({ length: 10_000 }, random);
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  const share = draw(7).filter((value) => value < 0.2).length / 10_000;
  expect(share).toBeGreaterThan(0.18);
  expect(share).toBeLessThan(0.22);
});
