import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, afterEach, expect, test } from "vitest";
import { startEmbedded, type EmbeddedPostgres } from "../../src/db/embedded/index.ts";
import { isPostmasterOf, startTimeOf, until } from "../../src/db/embedded/processes.ts";
import { systemMeans, type Means } from "../../src/db/embedded/runner.ts";

const isRoot = process.getuid?.() === 0 && process.platform === "linux";
const rootOnly = isRoot ? "" : " (skipped: needs root on Linux)";
const canAddUsers = isRoot && existsSync("/usr/sbin/useradd");
const addsUsers = canAddUsers ? "" : " (skipped: needs root and useradd)";

const base = mkdtempSync(join(tmpdir(), "embedded-postgres-"));
// As another user's Postgres must pass through it; the default, 700, is for the tests that say so.
chmodSync(base, 0o755);
const dir = join(base, "data");

const lines: string[] = [];
const outside = new Set<string>();
const log = (line: string) => {
  lines.push(line);
  const [, place] = /its database goes to (\S+)/.exec(line) ?? [];
  if (place !== undefined) outside.add(place);
};
const servers: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

async function start(where = dir, durability: "full" | "none" = "none", means?: Means) {
  const server = await startEmbedded({ dir: where, durability, log }, means);
  servers.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<{ value: unknown }>(sql)).rows[0]?.value;
  } finally {
    await client.end();
  }
}

/** A Node process that starts the embedded Postgres, says its pid, then does `afterwards`. */
async function nodeThatStarts(afterwards: string) {
  const module = new URL("../../src/db/embedded/index.ts", import.meta.url).href;
  const script = `
    import { startEmbedded } from ${JSON.stringify(module)};
    const options = { dir: ${JSON.stringify(dir)}, durability: "full", log: () => {} };
    const { url, pid } = await startEmbedded(options);
    process.stdout.write(JSON.stringify({ url, pid }) + "\\n");
    ${afterwards}`;
  const words = ["--input-type=module", "--eval", script];
  const node = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(node);
  const said = createInterface({ input: node.stdout });
  const [line] = (await once(said, "line")) as [string];
  // What the script above writes.
  return { node, ...(JSON.parse(line) as { url: string; pid: number }) };
}

const gone = (pid: number) => until(() => startTimeOf(pid) === undefined, 5_000);

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  lines.length = 0;
});

afterAll(() => {
  for (const place of [base, ...outside]) rmSync(place, { recursive: true, force: true });
});

test("starts, answers, and keeps its data over a restart", async () => {
  const first = await start();
  expect(await query(first.url, "SELECT current_setting('fsync') AS value")).toBe("off");
  await query(first.url, "CREATE TABLE kept AS SELECT 42 AS value");
  await first.stop();
  await first.stop();
  expect(startTimeOf(first.pid)).toBeUndefined();

  const second = await start(dir, "full");
  expect(await query(second.url, "SELECT value FROM kept")).toBe(42);
  expect(await query(second.url, "SELECT current_setting('fsync') AS value")).toBe("on");
  expect(await query(second.url, "SELECT current_setting('data_checksums') AS value")).toBe("on");
  expect(new URL(second.url).hostname).toBe("127.0.0.1");
  expect(statSync(join(dir, "postgres.password")).mode & 0o777).toBe(0o600);
});

test("a wrong password is refused, and told", async () => {
  const { url } = await start();
  const wrong = new URL(url);
  wrong.password = "wrong";
  await expect(query(wrong.href, "SELECT 1 AS value")).rejects.toThrow("password");
  expect(await until(() => lines.some((line) => line.includes("FATAL")), 3_000)).toBe(true);
});

test("a second start in the same directory is refused while the first lives", async () => {
  const { url } = await start();
  await expect(start()).rejects.toThrow(
    `another process (pid ${process.pid}) is using ${dir}; stop it, or set DATA_DIR to another directory`,
  );
  expect(await query(url, "SELECT 1 AS value")).toBe(1);
});

test("a lock left by a process whose pid another one got is taken over", async () => {
  writeFileSync(join(dir, "service.pid"), `${process.pid} 1\n`);
  writeFileSync(join(dir, "service.pid.claim"), `${process.pid} 1\n`);
  const { url } = await start();
  expect(await query(url, "SELECT 1 AS value")).toBe(1);
});

test("after kill -9 of Node the next start ends the orphan and goes on", async () => {
  const { node, url, pid } = await nodeThatStarts("setInterval(() => {}, 1000);");
  await query(url, "CREATE TABLE before_kill AS SELECT 7 AS value");
  node.kill("SIGKILL");
  await once(node, "exit");
  expect(startTimeOf(pid)).toBeDefined();

  const next = await start();
  expect(next.pid).not.toBe(pid);
  expect(startTimeOf(pid)).toBeUndefined();
  expect(lines.join("\n")).toContain(`stopping Postgres (pid ${pid})`);
  expect(await query(next.url, "SELECT value FROM before_kill")).toBe(7);
});

test("after kill -9 of Postgres the next start recovers what was committed", async () => {
  const first = await start(dir, "full");
  await query(first.url, "CREATE TABLE before_crash AS SELECT 8 AS value");
  process.kill(first.pid, "SIGKILL");
  expect(await until(() => lines.some((line) => line.includes("ended by itself")), 5_000)).toBe(
    true,
  );
  await first.stop();

  const next = await start();
  expect(await query(next.url, "SELECT value FROM before_crash")).toBe(8);
  expect(lines.join("\n")).toContain("not properly shut down");
});

test("a Node that ends without stop() is not held up, and takes Postgres along", async () => {
  const { node, pid } = await nodeThatStarts("");
  await once(node, "exit");
  expect(node.exitCode).toBe(0);
  expect(await gone(pid)).toBe(true);
});

test("Ctrl-C, a signal to Node's process group, does not reach Postgres", async () => {
  const { pid } = await start();
  // Signal 0 finds a group of that name, so the group is Postgres's own.
  expect(() => process.kill(-pid, 0)).not.toThrow();
});

test("a program that got the pid of a dead Postgres is left alone", async () => {
  const pidFile = join(dir, "postgres/postmaster.pid");
  const first = await start();
  const content = readFileSync(pidFile, "utf8");
  await first.stop();
  const stranger = spawn("sleep", ["60"]);
  children.push(stranger);
  writeFileSync(pidFile, content.replace(/^\d+/, String(stranger.pid)), { mode: 0o600 });

  const { url } = await start();
  expect(await query(url, "SELECT 1 AS value")).toBe(1);
  expect(startTimeOf(stranger.pid!)).toBeDefined();
});

test("another cluster's postmaster is not taken for this one's", async () => {
  const { pid } = await start();
  expect(await isPostmasterOf(pid, join(dir, "postgres"))).toBe(true);
  expect(await isPostmasterOf(pid, join(dir, "postgre"))).toBe(false);
  expect(await isPostmasterOf(process.pid, join(dir, "postgres"))).toBe(false);
});

test("stops within 5 s under a client's long query", async () => {
  const server = await start();
  const client = new pg.Client(server.url);
  client.on("error", () => undefined);
  await client.connect();
  const cutOff = expect(client.query("SELECT pg_sleep(60)")).rejects.toThrow();
  const begun_ms = performance.now();
  await server.stop();
  expect(performance.now() - begun_ms).toBeLessThan(5_000);
  await cutOff;
});

test("what initdb left half done is made anew", async () => {
  const fresh = join(base, "half");
  mkdirSync(join(fresh, "postgres.new-abc123/cluster/base"), { recursive: true });
  const { url } = await start(fresh);
  expect(await query(url, "SELECT 1 AS value")).toBe(1);
  expect(readdirSync(fresh).filter((name) => name.includes(".new-"))).toEqual([]);
});

test("a failed start tells Postgres's own last lines, and frees the directory", async () => {
  const settings = { shared_buffers: "much" };
  await expect(startEmbedded({ dir, durability: "none", settings, log })).rejects.toThrow(
    /did not start.*\n.*FATAL.*shared_buffers/s,
  );
  await start();
});

test.skipIf(!isRoot)(`works where only root can enter${rootOnly}`, async () => {
  const closed = join(base, "closed");
  mkdirSync(closed, { mode: 0o700 });
  const { url } = await start(join(closed, "data"));
  expect(await query(url, "SELECT 1 AS value")).toBe(1);
});

const noNamespace = { ...systemMeans, unshare: "false" };

test.skipIf(!canAddUsers)(`falls back to a system user, made if missing${addsUsers}`, async () => {
  const systemUser = "soccs-test-pg";
  const means = { ...noNamespace, systemUser };
  const closed = join(base, "closed-to-users");
  mkdirSync(closed, { recursive: true, mode: 0o700 });
  try {
    const before = await start();
    await query(before.url, "CREATE TABLE roots AS SELECT 5 AS value");
    await before.stop();
    const near = await start(dir, "none", means);
    const uid = Number(execFileSync("id", ["-u", systemUser]));
    expect(statSync(join(dir, "postgres/postmaster.pid")).uid).toBe(uid);
    expect(await query(near.url, "SELECT value FROM roots")).toBe(5);
    await near.stop();

    const far = await start(closed, "none", means);
    await query(far.url, "CREATE TABLE far AS SELECT 9 AS value");
    await far.stop();
    expect([...outside].join()).toMatch(/\/var\/lib\/soccs-postgres\/\w+$/);
    // In the place it has, also when a namespace is allowed again.
    const again = await start(closed);
    expect(await query(again.url, "SELECT value FROM far")).toBe(9);
    await again.stop();
  } finally {
    // Missing when the test failed before it was made; then that failure is the one to see.
    await promisify(execFile)("userdel", [systemUser]).catch(() => undefined);
  }
});

test.skipIf(!isRoot)(`says what was tried where nothing works${rootOnly}`, async () => {
  const means = { ...noNamespace, groupadd: "false", systemUser: "soccs-test-nobody" };
  const error: unknown = await start(dir, "none", means).catch((reason: unknown) => reason);
  expect(String(error)).toMatch(/user namespace.*soccs-test-nobody.*DATABASE_URL to a Postgres 15/);
  expect(String(error)).not.toContain("\n");
});
