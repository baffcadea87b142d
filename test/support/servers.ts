import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startEmbedded } from "../../src/db/embedded/index.ts";
import { migrate } from "../../src/db/migrate.ts";
import { prepareQueue } from "../../src/worker/queue.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Signs in as one who may create databases. */
    postgres_url: string;
    /** A migrated database, copied for each test file. */
    template: string;
    /** Absent where no Redis could be had: its tests are then named as not run. */
    redis_url: string | undefined;
  }
}

interface Server {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Real servers for the whole run: a Postgres always, a Redis where there is one (contract.md). */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await findPostgres();
  const redis = await findRedis();
  if (redis === undefined && process.env["CI"] === "true")
    throw new Error("no Redis: set TEST_REDIS_URL, or install Docker or redis-server");
  const template = `soccs_template_${process.pid}`;
  await makeTemplate(postgres.url, template);
  project.provide("postgres_url", postgres.url);
  project.provide("template", template);
  project.provide("redis_url", redis?.url);
  return async () => {
    await query(postgres.url, `drop database if exists ${template}`);
    await redis?.stop();
    await postgres.stop();
  };
}

/** `url` with another database's name. */
export function databaseUrl(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

export async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

async function makeTemplate(url: string, name: string): Promise<void> {
  await query(url, `create database ${name}`);
  await migrate(databaseUrl(url, name));
  await prepareQueue(databaseUrl(url, name));
}

const nothing = (): Promise<void> => Promise.resolve();

async function findPostgres(): Promise<Server> {
  const given = process.env["TEST_DATABASE_URL"];
  if (given !== undefined) return { url: given, stop: nothing };
  if (dockerAnswers()) {
    const { GenericContainer, Wait } = await import("testcontainers");
    const container = await new GenericContainer("postgres:17-alpine")
      .withEnvironment({ POSTGRES_PASSWORD: "test" })
      .withCommand(["postgres", "-c", "fsync=off", "-c", "max_connections=200"])
      .withExposedPorts(5432)
      .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
      .start();
    const at = `${container.getHost()}:${container.getMappedPort(5432)}`;
    const stop = async (): Promise<void> => {
      await container.stop();
    };
    return { url: `postgres://postgres:test@${at}/postgres`, stop };
  }
  return await embedded();
}

async function embedded(): Promise<Server> {
  const dir = mkdtempSync(join(tmpdir(), "soccs-test-"));
  // Where namespaces are not allowed, another user's Postgres must reach it.
  chmodSync(dir, 0o755);
  const postgres = await startEmbedded({
    dir,
    durability: "none",
    settings: { max_connections: "200" },
    log: () => undefined,
  });
  const stop = async (): Promise<void> => {
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  return { url: postgres.url, stop };
}

async function findRedis(): Promise<Server | undefined> {
  const given = process.env["TEST_REDIS_URL"];
  if (given !== undefined) return { url: given, stop: nothing };
  if (dockerAnswers()) {
    const { GenericContainer } = await import("testcontainers");
    const container = await new GenericContainer("redis:7-alpine").withExposedPorts(6379).start();
    const stop = async (): Promise<void> => {
      await container.stop();
    };
    return { url: `redis://${container.getHost()}:${container.getMappedPort(6379)}`, stop };
  }
  return succeeds("redis-server", ["--version"]) ? await localRedis() : undefined;
}

async function localRedis(): Promise<Server> {
  const port = await freePort();
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const redis = spawn("redis-server", flags, { stdio: ["ignore", "pipe", "inherit"] });
  const { promise: ready, resolve, reject } = Promise.withResolvers<undefined>();
  redis.stdout.on("data", (chunk: Buffer) => {
    if (chunk.includes("Ready to accept connections")) resolve(undefined);
  });
  const gone = new Promise((done) => redis.once("exit", done));
  redis.once("error", reject);
  redis.once("exit", () => reject(new Error("redis-server stopped before it was ready")));
  await ready;
  const stop = async (): Promise<void> => {
    redis.kill("SIGTERM");
    await gone;
  };
  return { url: `redis://127.0.0.1:${port}`, stop };
}

const dockerAnswers = (): boolean => succeeds("docker", ["info"]);

function succeeds(file: string, flags: readonly string[]): boolean {
  try {
    execFileSync(file, flags, { stdio: "ignore", timeout: 10_000 });
    return true;
  } catch {
    // Not there, or not able: either way it cannot serve the tests.
    return false;
  }
}

export async function freePort(): Promise<number> {
  const port = await portIfFree(0);
  if (port === undefined) throw new Error("no port");
  return port;
}

/** Below what systems hand out to outgoing connections. */
const kept_ports = { from: 10_000, count: 20_000 };

/**
 * A free port for what is stopped and started again in the same place: no outgoing connection is
 * given it meanwhile.
 */
export async function portToKeep(): Promise<number> {
  for (;;) {
    const port = kept_ports.from + Math.floor(Math.random() * kept_ports.count);
    if ((await portIfFree(port)) !== undefined) return port;
  }
}

/** Listens for a moment. @returns the port, or undefined where somebody else has it. */
async function portIfFree(port: number): Promise<number | undefined> {
  const server = createServer().listen(port, "127.0.0.1");
  const listening = await new Promise<boolean>((done) => {
    server.once("listening", () => done(true));
    server.once("error", () => done(false));
  });
  if (!listening) return undefined;
  const address = server.address();
  await new Promise((done) => server.close(done));
  return address === null || typeof address === "string" ? undefined : address.port;
}
