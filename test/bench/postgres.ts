import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBinaries } from "../../src/db/embedded/binaries.ts";
import { readyCluster, readyPassword, SUPERUSER } from "../../src/db/embedded/cluster.ts";
import { placeCluster } from "../../src/db/embedded/places.ts";
import { chooseRunner, systemMeans } from "../../src/db/embedded/runner.ts";
import { endServer, hasEnded, startServer } from "../../src/db/embedded/server.ts";
import type { Killable } from "../support/processes.ts";
import { portToKeep } from "../support/servers.ts";
import { slowedDown } from "./slow-disk.ts";

/** Running when it is handed out; a kill is a crash, and a start after it a recovery. */
export interface BenchPostgres extends Killable {
  /** The superuser's address of one of its databases. */
  readonly url: (database: string) => string;
  /** Ends it and deletes its files. */
  readonly stop: () => Promise<void>;
}

/**
 * A Postgres of the bench's own, with nothing about its durability or memory changed: what npm
 * installed and initdb set. Put together from the embedded starter's parts, since a slow disk needs
 * another program in the place of Postgres.
 * @param slow_commits_ms how much slower every sync is made; 0 leaves the disk as it is.
 * @returns undefined when a slow disk is asked for and there is no C compiler to make it.
 */
export async function startPostgres(
  slow_commits_ms: number,
  log: (line: string) => void,
): Promise<BenchPostgres | undefined> {
  // Not a memory disk: on some systems /tmp is one, and TMPDIR then names another place.
  const dir = mkdtempSync(join(tmpdir(), "soccs-bench-"));
  const runner = await chooseRunner(systemMeans);
  const { initdb, postgres } = await findBinaries(runner, log);
  const program =
    slow_commits_ms === 0
      ? postgres
      : await slowedDown(postgres, { dir, delay_ms: slow_commits_ms });
  if (program === undefined) {
    rmSync(dir, { recursive: true });
    return undefined;
  }
  const cluster = await placeCluster(dir, runner, log);
  const password = readyPassword(dir, cluster);
  await readyCluster(cluster, password, { initdb, runner, sync: true });
  // The same at every start, for those that stay connected.
  const port = await portToKeep();
  const run = () =>
    startServer({
      postgres: program,
      runner,
      cluster,
      // One pool of 32 for each of several databases; the default allows 100 connections.
      settings: { max_connections: "200", port: String(port) },
      logFile: join(dir, "postgres.log"),
      log,
    });
  let { child } = await run();
  const endWithNode = () => child.kill("SIGINT");
  process.once("exit", endWithNode);
  // Node ends on these without an "exit", and would leave the server running.
  const endOnSignal = () => process.exit(1);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, endOnSignal);
  return {
    url: (database) => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`,
    kill: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
    start: async () => {
      ({ child } = await run());
    },
    stop: async () => {
      await endServer(
        () => hasEnded(child),
        (signal) => child.kill(signal),
      );
      process.off("exit", endWithNode);
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, endOnSignal);
      for (const place of [cluster, dir]) rmSync(place, { recursive: true, force: true });
    },
  };
}
