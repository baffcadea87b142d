import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { mayUse, type Runner } from "./runner.ts";

const SHARED = "/var/lib/soccs-postgres";

/** A path under a directory that every system user can enter. Root only. */
export function sharedPlace(name: string): string {
  mkdirSync(SHARED, { recursive: true });
  chmodSync(SHARED, 0o755);
  return join(SHARED, name);
}

/**
 * Where the cluster of `dir` is or is to be made: in it, or, when its runner cannot enter it, in a
 * place of its own that follows from the path of `dir`.
 *
 * @throws Error when a cluster is there already and the runner cannot reach it: a new one elsewhere
 *   would look like lost data.
 */
export async function placeCluster(
  dir: string,
  runner: Runner,
  log: (line: string) => void,
): Promise<string> {
  const near = join(dir, "postgres");
  if (runner.owner === undefined) return near;
  if (existsSync(near)) return await reachable(near, runner);
  const far = join(SHARED, createHash("sha256").update(dir).digest("hex").slice(0, 16));
  if (existsSync(far)) return await farCluster(dir, far, runner, log);
  if (await mayUse(runner, "-x", dir)) return near;
  log(`${runner.name} cannot enter ${dir}: its database goes to ${far}`);
  sharedPlace("");
  return far;
}

async function farCluster(
  dir: string,
  far: string,
  runner: Runner,
  log: (line: string) => void,
): Promise<string> {
  if (existsSync(passwordFile(dir))) {
    log(`the database of ${dir} is in ${far}`);
    return await reachable(far, runner);
  }
  // The directory was deleted and made again, so a new beginning is wanted; data is never deleted.
  const old = `${far}-until-${Date.now()}`;
  renameSync(far, old);
  log(`${dir} is new: its former database is kept in ${old}`);
  return await placeCluster(dir, runner, log);
}

async function reachable(cluster: string, runner: Runner): Promise<string> {
  if (await mayUse(runner, "-x", dirname(cluster))) return cluster;
  throw new Error(
    `Postgres runs as ${runner.name}, which cannot enter ${cluster}; ` +
      "open its parent directories, or set DATABASE_URL to a Postgres 15 or newer",
  );
}

export function passwordFile(dir: string): string {
  return join(dir, "postgres.password");
}
