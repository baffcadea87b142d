import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { asOwner } from "../bench/books.ts";
import { startPostgres, type BenchPostgres } from "../bench/postgres.ts";
import { environmentOf, restrictedLogin } from "../support/composed.ts";
import {
  programProcess,
  redisProcess,
  type Killable,
  type Stoppable,
} from "../support/processes.ts";
import { makeSecrets, type Secrets } from "../support/secrets.ts";
import { portToKeep } from "../support/servers.ts";
import { foundTown, type Town } from "../support/town.ts";

/** One web process, and where it listens. */
export interface Web extends Stoppable {
  readonly origin: string;
}

/**
 * The production shape on loopback, every part a process of its own: two web processes behind a
 * proxy, a worker, Redis with an append-only file and a password, Postgres with default durability, the
 * gateway. The services have the environment that docker-compose.yml gives them, their secrets in files
 * and a login that owns nothing; the owner migrates.
 */
export interface Shape {
  readonly town: Town;
  /** Signs in as the owner; the services sign in as one who owns nothing. */
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
  /** `soccs migrate`, as the owner of the schema. */
  readonly migrate: () => Promise<void>;
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
  const secrets = makeSecrets(dir);
  secrets.write("at_api_key", randomBytes(24).toString("hex"));
  const redis_dir = join(dir, "redis");
  mkdirSync(redis_dir);
  const redis = await redisProcess({
    dir: redis_dir,
    config: secrets.path("redis_conf"),
    password: secrets.read("redis_password"),
  });
  if (redis === undefined) {
    rmSync(dir, { recursive: true });
    return undefined;
  }
  const postgres = await startPostgres(0, tell);
  if (postgres === undefined) throw new Error("a disk as it is needs no compiler");
  const urlOf = (login: string, password: string): string => {
    const url = new URL(postgres.url("soccs"));
    url.username = login;
    url.password = secrets.read(password);
    return url.href;
  };
  // The machine's own addresses in place of those of Compose's network.
  const database_url = urlOf("soccs_owner", "owner_password");
  secrets.write("owner_database_url", database_url);
  secrets.write("database_url", urlOf("soccs_service", "service_password"));
  secrets.write("redis_url", redis.url);
  const ports = { proxy: await portToKeep(), gateway: await portToKeep() };
  const front = `http://127.0.0.1:${ports.proxy}`;
  const gateway = `http://127.0.0.1:${ports.gateway}`;
  const callbacks = `${front}/at/${secrets.read("callback_secret")}`;
  const { webs, worker, outside } = await processes({ dir, secrets, ports, gateway, callbacks });
  const services = [...webs, worker];
  const close = async (keep: boolean): Promise<void> => {
    await Promise.all([...services, ...outside, redis].map((each) => each.kill()));
    await postgres.stop();
    if (!keep) rmSync(dir, { recursive: true, force: true });
  };
  try {
    await makeDatabase(postgres.url("postgres"), secrets.read);
    const migrate = (): Promise<void> => migrateAsOwner(secrets);
    await migrate();
    tell("founding a town");
    const town = await foundTown(database_url, { ...size, pepper: secrets.read("pin_pepper") });
    await redis.start();
    await Promise.all([...outside, ...services].map((each) => each.start()));
    return {
      ...{ town, database_url, postgres, redis, webs, worker, gateway, front, callbacks },
      ...{ admin_key: secrets.read("admin_key"), secrets: unshown(secrets), migrate, dir, close },
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

/** What a log may not hold. Addresses and the like hold one of these, and are shown without it. */
const unshown = ({ names, read }: Secrets): readonly string[] =>
  names()
    .filter((name) => !/_(?:url|conf)$/.test(name))
    .map(read);

/** Everything that runs Node, with the environment that Compose would give it. */
async function processes(of: {
  readonly dir: string;
  readonly secrets: Secrets;
  readonly ports: { readonly proxy: number; readonly gateway: number };
  readonly gateway: string;
  readonly callbacks: string;
}): Promise<{
  readonly webs: readonly [Web, Web];
  readonly worker: Stoppable;
  readonly outside: readonly Stoppable[];
}> {
  const run = (name: string, program: string, environment: Record<string, string>): Stoppable =>
    programProcess(program, environment, join(of.dir, `${name}.log`));
  const beside = { AT_USERNAME: "soccs", AT_BASE_URL: of.gateway };
  const serviceOf = (name: string, port: number): Stoppable =>
    run(`service-${name}`, "src/main.ts", {
      ...environmentOf(name, of.secrets.dir),
      ...beside,
      PORT: String(port),
    });
  const webOn = (name: string, port: number): Web => ({
    ...serviceOf(name, port),
    origin: `http://127.0.0.1:${port}`,
  });
  const webs = [webOn("web1", await portToKeep()), webOn("web2", await portToKeep())] as const;
  const gateway = { PORT: String(of.ports.gateway), CALLBACKS: of.callbacks };
  const UPSTREAMS = webs.map(({ origin }) => origin).join();
  const outside = [
    run("gateway", "test/production/gateway.ts", gateway),
    run("proxy", "test/production/proxy.ts", { PORT: String(of.ports.proxy), UPSTREAMS }),
  ];
  return { webs, worker: serviceOf("worker", 0), outside };
}

const soccs = join(import.meta.dirname, "../../src/soccs.ts");

/** Brings the schema up to date as Compose's `migrate` does: the owner's, who does nothing else. */
async function migrateAsOwner({ dir }: Secrets): Promise<void> {
  const env = { PATH: process.env["PATH"], ...environmentOf("migrate", dir) };
  await promisify(execFile)(process.execPath, [soccs, "migrate"], { env });
}

/** What the image of Postgres does when it is started for the first time. */
async function makeDatabase(url: string, read: (secret: string) => string): Promise<void> {
  await asOwner(url, async (superuser) => {
    await superuser.query(
      `create role soccs_owner superuser login password '${read("owner_password")}'`,
    );
    await superuser.query("create database soccs owner soccs_owner");
    await superuser.query(restrictedLogin(read("service_password")));
  });
}
