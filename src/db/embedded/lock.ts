import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, readIfThere, startTimeOf } from "./processes.ts";

export interface DirectoryLock {
  readonly release: () => void;
}

const TRIES_AT_MOST = 80;
const BETWEEN_TRIES_MS = 25;
/** A lock file cut short for so many tries is no longer being written: its writer crashed. */
const TRIES_FOR_A_WRITER = 20;

/**
 * Takes `dir` for this process through the file `service.pid`: "<pid> <start time>".
 * A lock whose owner has ended, kill -9 included, is taken over.
 *
 * @throws Error in one line, for people, when a living process holds it.
 */
export async function takeLock(dir: string): Promise<DirectoryLock> {
  const file = join(dir, "service.pid");
  const mine = `${process.pid} ${startTimeOf(process.pid) ?? "unknown"}\n`;
  const owner = await livingOwnerOrTake(file, mine);
  if (owner !== undefined) {
    const advice = "stop it, or set DATA_DIR to another directory";
    throw new Error(`another process (pid ${owner}) is using ${dir}; ${advice}`);
  }
  return { release: () => rmSync(file, { force: true }) };
}

/** Undefined once the lock is taken; else the pid of the living process that has it. */
async function livingOwnerOrTake(file: string, mine: string): Promise<number | undefined> {
  for (let tries = 1; tries <= TRIES_AT_MOST; tries++) {
    if (created(file, mine)) return undefined;
    const theirs = readIfThere(file);
    if (theirs === undefined) continue;
    const owner = livingOwnerIn(theirs);
    if (owner !== undefined) return owner;
    const mayBeGrowing = !theirs.endsWith("\n") && tries < TRIES_FOR_A_WRITER;
    if (!mayBeGrowing && (await replaced(file, theirs, mine))) return undefined;
    await sleep(BETWEEN_TRIES_MS);
  }
  throw new Error(`${file} changes hands again and again; are many processes started on it?`);
}

/**
 * Puts this process's lock in the place of a dead one's. Of several that try, all but one must fail,
 * though all have read the same dead lock: so only the holder of a second lock, the claim, may do it,
 * and it looks again. A claim left by a crash is taken over in the same way.
 */
async function replaced(file: string, dead: string, mine: string): Promise<boolean> {
  const claim = `${file}.claim`;
  if ((await livingOwnerOrTake(claim, mine)) !== undefined) return false;
  try {
    if (readIfThere(file) !== dead) return false;
    const next = `${file}.next`;
    writeFileSync(next, mine);
    renameSync(next, file);
    return true;
  } finally {
    rmSync(claim);
  }
}

function created(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: "wx" });
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

function livingOwnerIn(lock: string): number | undefined {
  const [, pid, started] = /^(\d+) (\S+)\n$/.exec(lock) ?? [];
  if (pid === undefined || startTimeOf(Number(pid)) !== started) return undefined;
  return Number(pid);
}
