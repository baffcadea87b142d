import { connect } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { restrictedLogin } from "./support/composed.ts";
import { databaseUrl, freePort, query } from "./support/servers.ts";
import { soccs } from "./support/soccs.ts";
import { startService, type Running } from "./support/service-process.ts";
import { eventually } from "./support/world.ts";

const root = join(import.meta.dirname, "..");
let dir = "";
let made = 0;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "soccs-start-stop-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A database that nobody has migrated. */
async function emptyDatabase(): Promise<string> {
  const server = inject("postgres_url");
  const name = `soccs_empty_${process.pid}_${(made += 1)}`;
  await query(server, `create database ${name}`);
  onTestFinished(() => query(server, `drop database if exists ${name} with (force)`));
  return databaseUrl(server, name);
}

const demoOn = (DATABASE_URL: string) => ({ DATABASE_URL, DATA_DIR: dir, DEMO: "on" });

/** As a production's, which is watched by what stands before it. */
const productionOn = (DATABASE_URL: string) => ({
  DATABASE_URL,
  DATA_DIR: dir,
  AT_CALLBACK_SECRET: "a-secret-in-the-callback-path",
  PIN_PEPPER: "the-pepper-of-the-tests",
});

async function clientOf(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // The database is dropped with force where a test has failed.
  client.on("error", () => undefined);
  onTestFinished(() => client.end());
  return client;
}

interface Dialled {
  readonly status: number;
  readonly body: string;
}

const dial = async (
  { url }: Running,
  text: string,
  { secret = "demo", phone = "+254711000101" } = {},
): Promise<Dialled> => {
  const fields = { sessionId: `of ${phone}`, phoneNumber: phone, serviceCode: "*384*2255#", text };
  const body = new URLSearchParams(fields);
  const answer = await fetch(`${url}/at/${secret}/ussd`, { method: "POST", body });
  return { status: answer.status, body: await answer.text() };
};

const isOpen = ({ url }: Running): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });

const statusOf = async ({ url }: Running, path: string): Promise<number> =>
  (await fetch(url + path)).status;

test("one whose login owns nothing waits until the owner has migrated, and serves", async () => {
  const owner = await emptyDatabase();
  const login = `soccs_service_${process.pid}`;
  // The role itself belongs to the whole server, and the tests' has it.
  const made = restrictedLogin("pw").replace("create role soccs_app nologin;", "");
  await query(owner, made.replaceAll("soccs_service", login));
  onTestFinished(() => query(owner, `drop role ${login}`));
  const url = new URL(owner);
  url.username = login;
  url.password = "pw";

  const starting = startService(demoOn(url.href));
  const client = await clientOf(owner);
  await eventually(async () => {
    const { rows } = await client.query(`select from pg_stat_activity where usename = '${login}'`);
    if (rows.length === 0) throw new Error("has not looked yet");
  });
  expect((await soccs(owner)("migrate")).out).toContain("0001_communities");
  const service = await starting;
  expect((await dial(service, "")).body).toContain("SoCC");
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  await service.end("SIGTERM");
  expect((await soccs(owner)("migrate")).out).toBe("nothing to do\n");
  expect(JSON.parse((await soccs(owner)("migrate", "--json")).out)).toEqual({ applied: [] });
  expect(await soccs(url.href)("migrate")).toMatchObject({
    code: 2,
    err: expect.stringContaining("wants the schema's owner") as string,
  });
});

test("two processes that start at once on an empty database migrate it once, and both serve", async () => {
  const url = await emptyDatabase();
  const [one, other] = await Promise.all([startService(demoOn(url)), startService(demoOn(url))]);
  const migrated = [one, other].filter(({ printed }) => printed().includes('"msg":"migrated"'));
  expect(migrated).toHaveLength(1);
  for (const service of [one, other]) expect(await statusOf(service, "/readyz")).toBe(200);
  const client = await clientOf(url);
  const communities = await client.query("select slug from community");
  expect(communities.rows).toHaveLength(4);
  const founded = await client.query("select from audit_event where act = 'community.founded'");
  expect(founded.rowCount).toBe(4);
  expect((await dial(one, "")).body).toMatch(/^CON SoCC/);
  // The other takes the call's next turn.
  expect((await dial(other, "2")).body).toMatch(/^CON Which deed/);
  for (const service of [one, other]) expect((await service.end("SIGTERM")).code).toBe(0);
}, 60_000);

test("in production nobody is founded by a start: `soccs communities apply` does it, and the audit log says so", async () => {
  const url = await emptyDatabase();
  const environment = productionOn(url);
  const service = await startService(environment);
  expect(await statusOf(service, "/readyz")).toBe(200);
  const client = await clientOf(url);
  expect((await client.query("select from community")).rowCount).toBe(0);
  const secret = environment.AT_CALLBACK_SECRET;
  expect(await dial(service, "", { secret })).toMatchObject({ status: 200 });

  const file = join(root, "menus/communities/kisumu-manyatta.yaml");
  expect(await soccs(url)("communities", "apply", file)).toMatchObject({ code: 0 });
  const { rows } = await client.query("select actor, act, after->>'slug' as slug from audit_event");
  expect(rows).toEqual([{ actor: "service", act: "community.founded", slug: "kisumu-manyatta" }]);
  // Of its file's people nobody is there: they are a demonstration's.
  expect((await client.query("select from member")).rowCount).toBe(0);
}, 60_000);

test("a web process starts, serves and ends without the Redis it is told of", async () => {
  const REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
  const url = await emptyDatabase();
  const service = await startService({ ...demoOn(url), ROLE: "web", REDIS_URL });
  expect((await dial(service, "2*3*1")).body).toMatch(/^END Claim/);
  expect(await statusOf(service, "/readyz")).toBe(200);
  const { code, took_ms } = await service.end("SIGTERM");
  expect(code).toBe(0);
  expect(took_ms).toBeLessThan(8_000);
}, 60_000);

describe("SIGTERM", () => {
  /** A confirmation whose PIN is being checked: somebody keeps it from being read. */
  async function pinInHand(service: Running, url: string) {
    await dial(service, "2*3*1");
    const client = await clientOf(url);
    // A transaction sees who waits as it was when it first looked.
    const watcher = await clientOf(url);
    await client.query("begin");
    await client.query("select from pin for update");
    const turn = dial(service, "8*1*1*4826", { phone: "+254711000104" });
    const waiting = `
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%"pin"%'`;
    await eventually(async () => expect((await watcher.query(waiting)).rowCount).toBe(1));
    return { turn, client };
  }

  test("while a PIN is checked answers that turn with 200, takes no other, and ends with 0", async () => {
    const url = await emptyDatabase();
    const service = await startService(demoOn(url));
    const { turn, client } = await pinInHand(service, url);
    service.send("SIGTERM");
    await eventually(async () => expect(await isOpen(service)).toBe(false));
    await client.query("rollback");
    const answer = await turn;
    expect(answer.body).toMatch(/^END .*Confirmed/);
    expect(answer.status).toBe(200);
    const { code, took_ms } = await service.ended();
    expect(code).toBe(0);
    expect(took_ms).toBeLessThan(10_000);
    expect((await client.query("select from ledger.journal")).rowCount).toBe(1);
  }, 60_000);

  test("in production shows at /readyz while calls are still taken; then the port is closed", async () => {
    const environment = productionOn(await emptyDatabase());
    const service = await startService(environment);
    expect(await statusOf(service, "/readyz")).toBe(200);
    // What the proxy asks.
    expect(await statusOf(service, "/readyz/service")).toBe(200);
    service.send("SIGTERM");
    await eventually(async () => expect(await statusOf(service, "/readyz")).toBe(503));
    expect(await statusOf(service, "/readyz/service")).toBe(503);
    expect(await statusOf(service, "/healthz")).toBe(200);
    const secret = environment.AT_CALLBACK_SECRET;
    expect(await dial(service, "", { secret })).toMatchObject({ status: 200 });
    const { code, took_ms } = await service.ended();
    expect(code).toBe(0);
    expect(took_ms).toBeLessThan(10_000);
    expect(await isOpen(service)).toBe(false);
  }, 60_000);

  test("twice ends it at once, and what was in hand is done whole or not at all", async () => {
    const url = await emptyDatabase();
    const service = await startService(demoOn(url));
    const { turn, client } = await pinInHand(service, url);
    const cut = turn.catch((error: unknown) => error);
    service.send("SIGTERM");
    await eventually(() => expect(service.printed()).toContain('"msg":"stopping"'));
    const began = performance.now();
    service.send("SIGTERM");
    expect((await service.ended()).code).toBe(1);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await cut).toBeInstanceOf(Error);
    await client.query("rollback");
    const after = await startService(demoOn(url));
    expect((await dial(after, "8*1*1*4826", { phone: "+254711000104" })).body).toMatch(/Confirmed/);
    expect((await client.query("select from ledger.journal")).rowCount).toBe(1);
  }, 60_000);
});
