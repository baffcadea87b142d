import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { compose, type Service } from "../../src/compose/service.ts";
import { makePhone, type Phone } from "../support/phone.ts";
import { admin_key, callback_secret, eventually, openWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** What is not taken is refused about so soon; the gateway hangs up after 10 s. */
const soon_ms = 4_000;

describe("when there is more to do than can be done", () => {
  /** Beside the world's own service: as few connections as there can be, and no timed work in between. */
  let small: Service;
  let other: pg.Client;
  beforeAll(async () => {
    small = await compose({ ...world.parts, role: "web", connections_max: 4, demo: [] });
    other = new pg.Client({ connectionString: world.database_url });
    await other.connect();
  });
  afterEach(() => other.query("rollback"));
  afterAll(async () => {
    await other.end();
    await small.close();
  });

  const phoneOf = (name: string): Phone =>
    makePhone(small.app, world.simulator, {
      phone: world.numberOf(name),
      ussd_code: "*384*2255#",
      sms_number: "22551",
      callback_secret,
    });
  /** Dials, and says what came of it and how soon. */
  const dialled = async (name: string): Promise<{ answer: string; took_ms: number }> => {
    const began = performance.now();
    const { answer } = await phoneOf(name).redials().last();
    return { answer, took_ms: performance.now() - began };
  };
  const isBusy = ({ answer }: { answer: string }): boolean =>
    answer.startsWith("END We are very busy. Nothing was taken.");
  /** Everything stands still: who reads or writes a session waits for this. */
  const stall = async (): Promise<void> => {
    await other.query("begin");
    await other.query("lock table ussd_session");
  };
  const shedOf = async (what: string): Promise<number> => {
    const { body } = await small.app.inject("/metrics");
    return Number(
      new RegExp(`^soccs_shed_total{what="${what}"} (\\d+)$`, "m").exec(body)?.[1] ?? 0,
    );
  };

  test("callers are told so soon, none is left hanging, and all goes on at once after it", async () => {
    await stall();
    const callers = Array.from({ length: 12 }, () => dialled("Achieng Otieno"));
    const told: { answer: string; took_ms: number }[] = [];
    for (const caller of callers) void caller.then((each) => told.push(each));
    // Two are in hand; the others are told while those still wait.
    await eventually(() => expect(told.length).toBe(10));
    expect(told.filter(isBusy)).toHaveLength(10);
    for (const { took_ms } of told) expect(took_ms).toBeLessThan(soon_ms);
    expect(await shedOf("turn")).toBe(10);

    await other.query("rollback");
    const all = await Promise.all(callers);
    expect(all.filter(({ answer }) => answer.startsWith("CON"))).toHaveLength(2);
    const next = await dialled("Achieng Otieno");
    expect(next.answer).toMatch(/^CON/);
    expect(next.took_ms).toBeLessThan(1_000);
  });

  test("nothing was half done: a confirmation that was turned away is done when it is given again", async () => {
    await phoneOf("Achieng Otieno").dials().presses("2", "3", "1").ends("Claim");
    const grace = phoneOf("Grace Akinyi").dials().presses("8", "1", "1").sees("PIN");
    await grace;
    await stall();
    const holding = [dialled("Achieng Otieno"), dialled("Wanjiku Kamau")];
    await grace.presses("4826").ends("We are very busy. Nothing was taken.");
    await other.query("rollback");
    await Promise.all(holding);
    expect(await world.db.selectFrom("ledger.journal").selectAll().execute()).toEqual([]);
    // The same turn of the same call, for the phone still shows it.
    await grace.presses("4826").ends("Confirmed");
    expect((await world.verifyBooks()).ok).toBe(true);
  });

  test("the gateway is asked to deliver texts again, and an administrator to wait", async () => {
    // All of the pool: who is let in waits for a connection.
    const { promise: held, resolve } = Promise.withResolvers<undefined>();
    const holding = Array.from({ length: 4 }, () => small.db.connection().execute(() => held));
    await eventually(async () => {
      const { body } = await small.app.inject("/metrics");
      expect(body).toContain('soccs_pool_connections{state="busy"} 4');
    });
    const began = performance.now();
    const statuses = await Promise.all(
      Array.from({ length: 4 }, () => phoneOf("Grace Akinyi").texts("BAL")),
    );
    expect(statuses).toEqual([503, 503, 503, 503]);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () =>
        small.app.inject({
          url: "/admin/v1/communities",
          headers: { authorization: `Bearer ${admin_key}` },
        }),
      ),
    );
    for (const { statusCode, headers } of answers)
      expect([statusCode, headers["retry-after"]]).toEqual([503, "2"]);
    const caller = await dialled("Achieng Otieno");
    expect(caller.answer).toMatch(/^END .*Nothing was taken/);
    expect(caller.took_ms).toBeLessThan(soon_ms);
    expect(performance.now() - began).toBeLessThan(20_000);
    // On a connection of its own: it is busy, not away, and another process would be no better.
    expect((await small.app.inject("/readyz")).statusCode).toBe(200);

    resolve(undefined);
    await Promise.all(holding);
    expect((await dialled("Achieng Otieno")).answer).toMatch(/^CON/);
    expect(await phoneOf("Grace Akinyi").texts("BAL")).toBe(200);
    const { statusCode } = await small.app.inject({
      url: "/admin/v1/communities",
      headers: { authorization: `Bearer ${admin_key}` },
    });
    expect(statusCode).toBe(200);
  }, 60_000);

  test("a hundred calls of the admin API one after another leave room for the next", async () => {
    for (let call = 0; call < 100; call += 1) {
      const { statusCode } = await small.app.inject({
        url: "/admin/v1/communities",
        headers: { authorization: `Bearer ${admin_key}` },
      });
      expect(statusCode).toBe(200);
    }
  });
});
