import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, type BenchPostgres } from "../bench/postgres.ts";
import {
  programProcess,
  redisProcess,
  type Killable,
  type Stoppable,
} from "../support/processes.ts";
import { portToKeep } from "../support/servers.ts";
import { foundTown, type Town } from "../support/town.ts";

/** One web process, and where it listens. */
export interface Web extends Stoppable {
  readonly origin: string;
}

/**
 * The production shape on loopback, every part a process of its own: two web processes behind a
 * proxy, a worker, Redis with an append-only file, Postgres with default durability, the gateway.
 */
export interface Shape {
  readonly town: Town;
  readonly database_url: string;
  readonly postgres: BenchPostgres;
  readonly redis: Killable & { readonly url: string };
  readonly webs: readonly [Web, Web];
  readonly worker: Stoppable;
  /** The gateway's own address, for its controls and inboxes. */
  readonly gateway: string;
  /** The proxy's, where callers and the gateway come in. */
  readonly front: string;
  /** Where callbacks are posted to. */
  readonly callbacks: string;
  readonly admin_key: string;
  /** Behind which web processes the proxy looks for an answer. */
  readonly route: (webs: readonly Web[]) => Promise<void>;
  /** All that the services have logged. */
  readonly logs: () => string;
  /** What no log may hold. */
  readonly secrets: readonly string[];
  /** Where the logs are. */
  readonly dir: string;
  /** Ends everything, and deletes the logs unless they are wanted. */
  readonly close: (keep: boolean) => Promise<void>;
}

/**
 * Starts it with a town in it.
 * @returns undefined where there is no redis-server to start.
 */
export async function openShape(
  size: { readonly members: number; readonly managers: number; readonly opening_balance: number },
  tell: (line: string) => void,
): Promise<Shape | undefined> {
  const dir = mkdtempSync(join(tmpdir(), "soccs-soak-"));
  chmodSync(dir, 0o755);
  const redis_dir = join(dir, "redis");
  mkdirSync(redis_dir);
  const redis = await redisProcess(redis_dir);
  if (redis === undefined) {
    rmSync(dir, { recursive: true });
    return undefined;
  }
  const postgres = await startPostgres(0, tell);
  if (postgres === undefined) throw new Error("a disk as it is needs no compiler");
  const secrets = {
    pin_pepper: secret(),
    callback_secret: secret(),
    admin_key: secret(),
    api_key: secret(),
  };
  const database_url = postgres.url("postgres");
  const ports = { proxy: await portToKeep(), gateway: await portToKeep() };
  const front = `http://127.0.0.1:${ports.proxy}`;
  const gateway = `http://127.0.0.1:${ports.gateway}`;
  const callbacks = `${front}/at/${secrets.callback_secret}`;
  const environment = {
    DATABASE_URL: database_url,
    REDIS_URL: redis.url,
    AT_USERNAME: "soccs",
    AT_API_KEY: secrets.api_key,
    AT_BASE_URL: gateway,
    AT_CALLBACK_SECRET: secrets.callback_secret,
    PIN_PEPPER: secrets.pin_pepper,
    ADMIN_KEY: secrets.admin_key,
  };
  const logOf = (name: string): string => join(dir, `${name}.log`);
  const serviceOf = (name: string, role: "web" | "worker", port: number): Stoppable =>
    programProcess(
      "src/main.ts",
      { ...environment, ROLE: role, PORT: String(port) },
      logOf(`service-${name}`),
    );
  const webOn = (name: string, port: number): Web => ({
    ...serviceOf(name, "web", port),
    origin: `http://127.0.0.1:${port}`,
  });
  const webs = [webOn("web-1", await portToKeep()), webOn("web-2", await portToKeep())] as const;
  const worker = serviceOf("worker", "worker", 0);
  const outside = [
    programProcess(
      "test/production/gateway.ts",
      { PORT: String(ports.gateway), CALLBACKS: callbacks },
      logOf("gateway"),
    ),
    programProcess("test/production/proxy.ts", { PORT: String(ports.proxy) }, logOf("proxy")),
  ];
  const services = [...webs, worker];
  const close = async (keep: boolean): Promise<void> => {
    await Promise.all([...services, ...outside, redis].map((each) => each.kill()));
    await postgres.stop();
    if (!keep) rmSync(dir, { recursive: true, force: true });
  };
  try {
    tell("founding a town");
    const town = await foundTown(database_url, { ...size, pepper: secrets.pin_pepper });
    await redis.start();
    await Promise.all(outside.map((each) => each.start()));
    const route = async (some: readonly Web[]): Promise<void> => {
      const body = JSON.stringify(some.map(({ origin }) => origin));
      await fetch(`${front}/proxy/upstreams`, { method: "POST", body });
    };
    await route(webs);
    await Promise.all(services.map((each) => each.start()));
    return {
      ...{ town, database_url, postgres, redis, webs, worker, gateway, front, callbacks },
      ...{ admin_key: secrets.admin_key, secrets: Object.values(secrets), route, dir, close },
      logs: () =>
        readdirSync(dir)
          .filter((name) => name.startsWith("service-"))
          .map((name) => readFileSync(join(dir, name), "utf8"))
          .join("\n"),
    };
  } catch (error) {
    await close(true);
    throw error;
  }
}

const secret = (): string => randomBytes(24).toString("hex");
