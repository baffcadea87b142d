import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compose } from "../../src/compose/service.ts";
import { migrate } from "../../src/db/migrate.ts";
import { makePhone } from "../support/phone.ts";
import { freePort, query } from "../support/servers.ts";
import { callback_secret, openWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

interface Ready {
  readonly code: number;
  readonly detail: Readonly<Record<string, string | null>>;
}

const readyOf = async (app: World["service"]["app"]): Promise<Ready> => {
  const answer = await app.inject("/readyz");
  return { code: answer.statusCode, ...answer.json<{ detail: Ready["detail"] }>() };
};

describe("/readyz", () => {
  const ready = () => readyOf(world.service.app);
  const asOwner = (text: string) => query(world.database_url, text);
  const last = "0100_requests";

  test("is 200 with nothing to tell", async () => {
    const { code, detail } = await ready();
    expect(code).toBe(200);
    expect(new Set(Object.values(detail))).toEqual(new Set([null]));
  });

  test("is 503 before the migrations of its release were done, and 200 after them", async () => {
    await asOwner(`update kysely_migration set name = name || '_not_yet' where name = '${last}'`);
    expect(await ready()).toMatchObject({
      code: 503,
      detail: { database: null, migrations: "the schema lacks some of this release's" },
    });
    await asOwner(`update kysely_migration set name = '${last}' where name = '${last}_not_yet'`);
    expect((await ready()).code).toBe(200);
  });

  test("stays 200 beside a newer release's schema, and says so; a restart leaves it as it is", async () => {
    const at = new Date().toISOString();
    await asOwner(`insert into kysely_migration (name, timestamp) values ('9999_later', '${at}')`);
    expect(await ready()).toMatchObject({
      code: 200,
      detail: { migrations: null, schema: "a newer release has changed it" },
    });
    expect(await migrate(world.database_url)).toEqual([]);
    await asOwner("delete from kysely_migration where name = '9999_later'");
    expect((await ready()).detail).toMatchObject({ schema: null });
  });

  test("/healthz is 200 as long as the process is up", async () => {
    expect((await world.service.app.inject("/healthz")).statusCode).toBe(200);
  });
});

test("with Redis away calls and texts are taken and kept, and it is told; it all ends in time", async () => {
  const url = `redis://127.0.0.1:${await freePort()}`;
  const parts = { ...world.parts, demo: [], queue: { kind: "redis", url } } as const;
  const web = await compose({ ...parts, role: "web" });
  const achieng = makePhone(web.app, world.simulator, {
    phone: world.numberOf("Achieng Otieno"),
    ussd_code: "*384*2255#",
    sms_number: "22551",
    callback_secret,
  });
  await achieng.dials().presses("2", "3", "1").ends("Claim");
  expect(await achieng.texts("BAL")).toBe(200);
  const { code, detail } = await readyOf(web.app);
  expect(code).toBe(200);
  expect(detail["queue"]).toBe("Redis cannot be reached; texts wait");
  const scraped = await web.app.inject("/metrics");
  expect(scraped.statusCode).toBe(200);
  expect(scraped.body).toMatch(/^soccs_turn_seconds_count\{flow="claim",outcome="ended"\} 1$/m);
  expect(scraped.body).not.toMatch(/^soccs_queue_jobs /m);
  const began = performance.now();
  await web.close();
  expect(performance.now() - began).toBeLessThan(5_000);
  // The process beside it has a queue, and hands over after a minute what another lost.
  world.clock.moveOn({ seconds: 61 });
  await world.phoneOf("Grace Akinyi").receives(/Achieng Otieno claims/);
}, 30_000);
