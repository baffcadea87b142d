import Fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { admin } from "../../src/admin/app.ts";
import { keyFor } from "../support/admin.ts";
import { holdTable } from "../support/held-table.ts";
import { eventually, openWorld, type World } from "../support/world.ts";

// What is asked goes on when its caller hangs up, and so takes a place of the few there are.
describe("a caller who hangs up", () => {
  let world: World;
  let app: FastifyInstance;
  let url: string;
  let key: string;
  let inside = 0;
  let closed = 0;
  let opens: () => Promise<undefined>;
  beforeAll(async () => {
    world = await openWorld();
    key = await keyFor(world, "Manyatta Women's Network");
    app = Fastify();
    app.addHook("onRequest", (_request, reply, done) => {
      reply.raw.once("close", () => (closed += 1));
      done();
    });
    await app.register(admin, {
      ...{ db: world.db, now: world.clock.now, pepper: Buffer.alloc(16), redis: undefined },
      ...{ nudge: () => undefined, isBootstrap: () => false, isAway: () => false },
      say: () => ({ text: "", segments: 1 }),
      enter: async () => {
        await opens();
        inside += 1;
        return () => (inside -= 1);
      },
    });
    url = `${await app.listen({ host: "127.0.0.1", port: 0 })}/admin/v1`;
  });
  beforeEach(() => {
    opens = () => Promise.resolve(undefined);
    closed = 0;
  });
  afterAll(async () => {
    await app.close();
    await world.close();
  });

  /** Asks, and hangs up once something holds. */
  const asksUntil = async (path: string, body: object | undefined, look: () => Promise<void>) => {
    const caller = new AbortController();
    const asked = fetch(url + path, {
      ...(body && { method: "POST", body: JSON.stringify(body) }),
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      signal: caller.signal,
    });
    await eventually(look);
    caller.abort();
    await expect(asked).rejects.toThrow();
    await eventually(() => expect(closed).toBe(1));
  };

  test("keeps the place until what was asked is over, and takes no second one", async () => {
    const held = await holdTable(world, "audit_event");
    await asksUntil("/audit", undefined, async () => {
      expect(await held.waiting("audit_event")).toBe(1);
    });
    expect(inside).toBe(1);
    await held.release();
    await eventually(() => expect(inside).toBe(0));
  });

  test("while the key is looked up leaves too, though the body is never read", async () => {
    const held = await holdTable(world, "admin_key");
    await asksUntil("/keys", { name: "x" }, async () => {
      expect(await held.waiting("admin_key")).toBe(1);
    });
    expect(inside).toBe(1);
    await held.release();
    await eventually(() => expect(inside).toBe(0));
  });

  test("while waiting to be let in takes no place", async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    let waits = false;
    opens = () => {
      waits = true;
      return promise;
    };
    await asksUntil("/audit", undefined, async () => {
      expect(await Promise.resolve(waits)).toBe(true);
    });
    resolve(undefined);
    await eventually(() => expect(inside).toBe(0));
    const answer = await fetch(`${url}/audit`, { headers: { authorization: `Bearer ${key}` } });
    expect([answer.status, inside]).toEqual([200, 0]);
  });
});
