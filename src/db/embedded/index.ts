import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { findBinaries } from "./binaries.ts";
import { readyCluster, readyPassword, SUPERUSER } from "./cluster.ts";
import { takeLock, type DirectoryLock } from "./lock.ts";
import { tellNotableLines } from "./log-tail.ts";
import { placeCluster } from "./places.ts";
import { chooseRunner, systemMeans, type Means } from "./runner.ts";
import { endServer, hasEnded, startServer, type Server } from "./server.ts";

export interface EmbeddedPostgres {
  /** postgres://postgres:…@127.0.0.1:port/postgres, the superuser's. */
  readonly url: string;
  readonly pid: number;
  /**
   * Fast shutdown; resolves once the process is gone and the directory free. Sessions that hold it
   * up are cut off after 5 s. Safe to call twice.
   */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Made if missing; holds the cluster in `postgres/` and the superuser's password (mode 600). */
  readonly dir: string;
  /** "none" turns fsync, synchronous_commit and full_page_writes off, for tests. */
  readonly durability: "full" | "none";
  /** extra server settings, e.g. { max_connections: "200" } */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/**
 * Runs the Postgres that npm installed, on a free port of 127.0.0.1, until stop() or the end of this
 * process. Whatever was killed before, this process's forerunner or Postgres, is cleaned up first.
 * Its full log is `postgres.log` in `dir`; `log` gets the notable lines.
 *
 * @param means the system's commands a root needs; only tests give others.
 * @throws Error when another living process uses `dir` (one line); when this system or user cannot run
 *   Postgres (one line, naming DATABASE_URL); when Postgres does not start (with its last lines).
 */
export async function startEmbedded(
  options: EmbeddedOptions,
  means: Means = systemMeans,
): Promise<EmbeddedPostgres> {
  mkdirSync(options.dir, { recursive: true });
  const dir = realpathSync(options.dir);
  const lock = await takeLock(dir);
  try {
    return await start(dir, lock, options, means);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function start(
  dir: string,
  lock: DirectoryLock,
  options: EmbeddedOptions,
  means: Means,
): Promise<EmbeddedPostgres> {
  const { log } = options;
  const runner = await chooseRunner(means);
  const { initdb, postgres } = await findBinaries(runner, log);
  const cluster = await placeCluster(dir, runner, log);
  const password = readyPassword(dir, cluster);
  await readyCluster(cluster, password, { initdb, runner, sync: options.durability === "full" });
  const settings = { ...durabilitySettings(options.durability), ...options.settings };
  const logFile = join(dir, "postgres.log");
  const server = await startServer({ postgres, runner, cluster, settings, logFile, log });
  return {
    url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${server.port}/postgres`,
    pid: server.pid,
    stop: keep(server, lock, logFile, log),
  };
}

function durabilitySettings(durability: "full" | "none"): Record<string, string> {
  if (durability === "full") return {};
  return { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };
}

/** Watches over a started server, and returns its stop(). */
function keep(
  { child, pid }: Server,
  lock: DirectoryLock,
  logFile: string,
  log: (line: string) => void,
): () => Promise<void> {
  const endTelling = tellNotableLines(logFile, log);
  const endedByItself = () => {
    log(`Postgres (pid ${pid}) ended by itself; its log is ${logFile}`);
  };
  // Where nobody called stop(), as after an uncaught exception; there is no time to wait then.
  const endWithNode = () => child.kill("SIGINT");
  child.once("exit", endedByItself);
  process.once("exit", endWithNode);

  const stop = async () => {
    child.off("exit", endedByItself);
    endTelling();
    await endServer(
      () => hasEnded(child),
      (signal) => child.kill(signal),
    );
    process.off("exit", endWithNode);
    lock.release();
  };
  let stopping: Promise<void> | undefined;
  return () => (stopping ??= stop());
}
