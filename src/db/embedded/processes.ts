import { execFile } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const hasProc = existsSync("/proc/self/stat");

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    codes.includes(error.code)
  );
}

/** A file's text; undefined where there is none, or (under /proc) its process has just ended. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}

/**
 * When a process started, in the kernel's ticks since boot: with the pid it names one process, since
 * pids are used again. "unknown" where the system does not tell; undefined when no such process runs.
 */
export function startTimeOf(pid: number): string | undefined {
  if (!canBeSignalled(pid)) return undefined;
  const stat = hasProc ? readIfThere(`/proc/${pid}/stat`) : undefined;
  if (stat === undefined) return "unknown";
  // The second field is the program's name in brackets, which may itself hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // A zombie has ended; a container's first process may never collect it.
  return fields[0] === "Z" ? undefined : (fields[19] ?? "unknown");
}

function canBeSignalled(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (hasCode(error, "ESRCH")) return false;
    if (hasCode(error, "EPERM")) return true;
    throw error;
  }
}

/** Whether `pid` is, right now, a postmaster that serves the data directory `cluster`. */
export async function isPostmasterOf(pid: number, cluster: string): Promise<boolean> {
  if (startTimeOf(pid) === undefined) return false;
  if (!hasProc) return (await psCommand(pid)).includes(`/postgres -D ${cluster} -p `);
  const [program, flag, directory] = (readIfThere(`/proc/${pid}/cmdline`) ?? "").split("\0");
  if (program?.endsWith("/postgres") !== true || flag !== "-D") return false;
  // A postmaster works in its data directory, so this holds even after the directory was renamed.
  return (workingDirectoryOf(pid) ?? directory) === cluster;
}

function workingDirectoryOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch (error) {
    // A root without CAP_SYS_PTRACE (containers) may not look into another user's process.
    if (hasCode(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return undefined;
    throw error;
  }
}

async function psCommand(pid: number): Promise<string> {
  try {
    return (await run("ps", ["-o", "command=", "-p", String(pid)])).stdout;
  } catch (error) {
    // ps ends with 1, a number, when the process has gone; a string code is a ps that did not run.
    if (error instanceof Error && "code" in error && error.code === 1) return "";
    throw error;
  }
}

/** Resolves true as soon as the condition holds, false when it still does not after `timeout_ms`. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  timeout_ms: number,
): Promise<boolean> {
  const deadline_ms = performance.now() + timeout_ms;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() > deadline_ms) return false;
    await sleep(20);
  }
}
