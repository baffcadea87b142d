import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { adminOf, overseer, type Admin } from "../support/admin.ts";

describe("keys of the admin API", () => {
  let world: World;
  let boss: Admin;
  beforeAll(async () => {
    world = await openWorld();
    boss = overseer(world);
  });
  afterAll(() => world.close());

  const make = async (body: object): Promise<{ id: string; key: string }> =>
    (await boss.post("/keys", body).gives(201)) as { id: string; key: string };

  const partner = "Manyatta Women's Network";

  test("a key is said once, works, tells when it was used, and ends with its revocation", async () => {
    const { id, key } = await make({ name: "Grace's laptop", partner });
    const grace = adminOf(world, key);
    await grace.get("/communities/kisumu-manyatta/ledger/verify").gives(200, { ok: true });
    await boss.get("/keys").gives(200, {
      items: [
        { id, name: "Grace's laptop", partner, last_used_at: world.clock.now().toISOString() },
      ],
    });
    expect(JSON.stringify(await boss.get("/keys").gives(200))).not.toContain(key.slice(-43));
    expect(await world.everythingStored()).not.toContain(key.slice(-43));
    await boss.post(`/keys/${id}/revoke`).gives(200, { id });
    await grace.get("/communities/kisumu-manyatta/ledger/verify").gives(401);
    await boss.post(`/keys/${id}/revoke`).gives(200, { id });
  });

  test("a key expires", async () => {
    const { key } = await make({ name: "for a day", days: 1 });
    const brief = adminOf(world, key);
    await brief.get("/keys").gives(200);
    world.clock.moveOn({ days: 1 });
    await brief.get("/keys").gives(401);
  });

  test("a key is not a key with one sign changed", async () => {
    const { key } = await make({ name: "almost" });
    const last = key.endsWith("A") ? "E" : "A";
    await adminOf(world, key.slice(0, -1) + last)
      .get("/keys")
      .gives(401);
    await adminOf(world, `soccs_${"_".repeat(22)}.${"_".repeat(43)}`)
      .get("/keys")
      .gives(401);
  });

  test("only the overseer gives out keys, and only to partners there are", async () => {
    const { key } = await make({ name: "partner", partner });
    await adminOf(world, key).post("/keys", { name: "mine" }).gives(403);
    await adminOf(world, key).get("/keys").gives(403);
    await boss
      .post("/keys", { name: "x", partner: "Nobody" })
      .gives(422, { errors: [{ in: "body", field: "partner" }] });
  });

  test("making a key is repeated without saying it again", async () => {
    const body = { name: "twice" };
    await boss.post("/keys", body, { "idempotency-key": "k1" }).gives(201);
    await boss
      .post("/keys", body, { "idempotency-key": "k1" })
      .gives(409, { errors: [{ field: "idempotency-key" }] });
    const { items } = (await boss.get("/keys").gives(200)) as { items: { name: string }[] };
    expect(items.filter(({ name }) => name === "twice")).toHaveLength(1);
  });

  test("every act on a key is in the audit log", async () => {
    const rows = await world.db
      .selectFrom("audit_event")
      .select(["actor", "act", "after"])
      .where("act", "like", "key.%")
      .orderBy("id")
      .execute();
    expect(rows[0]).toMatchObject({
      actor: "key:bootstrap",
      act: "key.created",
      after: { name: "Grace's laptop", partner },
    });
    expect(rows[1]).toMatchObject({ actor: "key:bootstrap", act: "key.revoked" });
  });
});

describe("how often the admin API may be called", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test("wrong keys are counted by address, and keep no right one out", async () => {
    const stranger = adminOf(world, "soccs_guess");
    for (let tries = 0; tries < 30; tries += 1) await stranger.get("/keys").gives(401);
    const answer = await stranger.get("/keys").answer();
    expect(answer.statusCode).toBe(429);
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
    const { key } = (await overseer(world).post("/keys", { name: "right" }).gives(201)) as {
      key: string;
    };
    await adminOf(world, key).get("/keys").gives(200);
    await adminOf(world, key).get("/keys").gives(200);
  });

  test("calls are counted by key", async () => {
    const boss = overseer(world);
    for (let calls = 1; calls < 600; calls += 1) await boss.get("/keys").answer();
    const answer = await boss.get("/keys").answer();
    expect(answer.statusCode).toBe(429);
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  });
});
