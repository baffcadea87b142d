import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { passwordFile } from "./places.ts";
import { hasCode, readIfThere } from "./processes.ts";
import { commandFor, giveTo, type Runner } from "./runner.ts";

const run = promisify(execFile);

export const SUPERUSER = "postgres";

/** The superuser's password, made at the first start and kept in `dir`, mode 600. */
export function readyPassword(dir: string, cluster: string): string {
  const file = passwordFile(dir);
  const kept = readIfThere(file)?.trim();
  if (kept !== undefined && kept !== "") return kept;
  if (existsSync(cluster)) {
    throw new Error(`${file} is missing, and ${cluster} opens only with it; put one or both back`);
  }
  const password = randomBytes(24).toString("base64url");
  writeFileSync(file, `${password}\n`, { mode: 0o600, flush: true });
  return password;
}

/** Makes the cluster unless it is there; an attempt that was cut short leaves none. */
export async function readyCluster(
  cluster: string,
  password: string,
  how: { initdb: string; runner: Runner; sync: boolean },
): Promise<void> {
  const staging = `${cluster}.new-`;
  removeUnfinished(staging);
  if (existsSync(cluster)) return;
  const stage = mkdtempSync(staging);
  // The runner may be another user, who can read no file of ours: it gets the password in its own.
  const pwfile = join(stage, "password");
  writeFileSync(pwfile, `${password}\n`, { mode: 0o600 });
  await giveTo(how.runner, stage);
  await initdb(join(stage, "cluster"), pwfile, how);
  renameSync(join(stage, "cluster"), cluster);
  rmSync(stage, { recursive: true });
}

async function initdb(
  cluster: string,
  pwfile: string,
  how: { initdb: string; runner: Runner; sync: boolean },
): Promise<void> {
  const { file, args, options } = commandFor(how.runner, how.initdb, [
    `--pgdata=${cluster}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${pwfile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // The same order and the same upper case on every system: Postgres's own, not the libc's.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    ...(how.sync ? [] : ["--no-sync"]),
  ]);
  await run(file, [...args], options);
}

function removeUnfinished(staging: string): void {
  const parent = dirname(staging);
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(basename(staging))) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch (error) {
      // An orphaned initdb still writes there; what it leaves goes at the next start.
      if (!hasCode(error, "ENOTEMPTY")) throw error;
    }
  }
}
