import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compose, type Service } from "../../src/compose/service.ts";
import { networksHold } from "../../src/http/refusals.ts";
import { callback_secret, openWorld, type World } from "../support/world.ts";

const proxy = "172.18.0.2";
const gateway = "196.201.214.10";
const stranger = "203.0.113.7";

describe("behind a proxy that is trusted, with callbacks from the gateway's networks alone", () => {
  let world: World;
  let service: Service;
  beforeAll(async () => {
    world = await openWorld();
    const callback_cidrs = ["196.201.214.0/24", "2001:db8::/32"];
    service = await compose({ ...world.parts, callback_cidrs, trusted_proxies: ["uniquelocal"] });
  });
  afterAll(async () => {
    await service.close();
    await world.close();
  });

  /** As the proxy hands it on for somebody. */
  const by = (client: string, options: InjectOptions, to = service) =>
    to.app.inject({
      ...options,
      remoteAddress: proxy,
      headers: { "x-forwarded-for": client, ...options.headers },
    });
  const callback = (client: string, path = `/at/${callback_secret}/sms/delivery`, to = service) =>
    by(client, { method: "POST", url: path, payload: "" }, to);
  const counted = async (why: string): Promise<number> => {
    const { body } = await service.app.inject("/metrics");
    const line = new RegExp(`^soccs_callbacks_refused_total\\{why="${why}"\\} (\\d+)$`, "m");
    return Number(line.exec(body)?.[1]);
  };
  const told = (why: string): readonly string[] =>
    world.logs.filter((line) => line.includes("callback refused") && line.includes(`"${why}"`));

  test("a callback from there is taken", async () => {
    expect((await callback(gateway)).statusCode).toBe(200);
    expect((await callback("2001:db8::7")).statusCode).toBe(200);
    expect(await counted("address")).toBe(0);
  });

  test("from elsewhere is 404 with nothing more, though it has the secret", async () => {
    for (const client of [stranger, "127.0.0.1", "nobody", `${gateway}, ${stranger}`]) {
      const answer = await callback(client);
      expect([client, answer.statusCode, answer.body]).toEqual([client, 404, ""]);
    }
    expect(await counted("address")).toBe(4);
    expect(told("address")).toHaveLength(1);
    expect(told("address")[0]).toContain(stranger);
  });

  test("a wrong secret is counted each time and told once a minute, without what was tried", async () => {
    for (const tried of ["guess-one", "guess-two", "guess-three"]) {
      const answer = await callback(gateway, `/at/${tried}/ussd`);
      expect([answer.statusCode, answer.body]).toEqual([404, ""]);
    }
    expect(await counted("secret")).toBe(3);
    expect(told("secret")).toHaveLength(1);
    expect(world.logs.filter((line) => line.includes("guess-"))).toEqual([]);
  });

  test("what cannot be read is counted, and so is an address that the dashboard has wrong", async () => {
    const before = await counted("unreadable");
    expect((await callback(gateway, `/at/${callback_secret}/ussd`)).body).toMatch(/^END /);
    const answer = await callback(gateway, `/at/${callback_secret}/smss`);
    expect([answer.statusCode, answer.body]).toEqual([404, ""]);
    expect(await counted("unreadable")).toBe(before + 2);
  });

  test("wrong keys are counted for the client and not for the proxy", async () => {
    const asks = (client: string) =>
      by(client, { url: "/admin/v1/keys", headers: { authorization: "Bearer soccs_guess" } });
    for (let tries = 0; tries < 30; tries += 1) expect((await asks(stranger)).statusCode).toBe(401);
    expect((await asks(stranger)).statusCode).toBe(429);
    expect((await asks("203.0.113.8")).statusCode).toBe(401);
  });

  test("where no proxy is trusted, nobody is believed about whom they speak for", async () => {
    const callback_cidrs = ["196.201.214.0/24"];
    const open = await compose({ ...world.parts, callback_cidrs });
    expect((await callback(gateway, undefined, open)).statusCode).toBe(404);
    await open.close();
  });
});

test.each([
  [[], "whatever", true],
  [["10.1.0.0/16"], "10.1.2.3", true],
  [["10.1.0.0/16"], "::ffff:10.1.2.3", true],
  [["10.1.0.0/16"], "10.2.2.3", false],
  [["10.1.2.3"], "10.1.2.3", true],
  [["10.1.2.3"], "10.1.2.4", false],
  [["fe80::/10", "10.1.2.3"], "fe80::1%eth0", true],
  [["fe80::/10"], "", false],
])("of %j is %s: %s", (networks, address, is) => {
  expect(networksHold(networks)(address)).toBe(is);
});
