import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isPostmasterOf, readIfThere, startTimeOf, until } from "./processes.ts";
import { commandFor, giveTo, type Runner } from "./runner.ts";

export interface ServerPlan {
  readonly postgres: string;
  readonly runner: Runner;
  readonly cluster: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly log: (line: string) => void;
}

export interface Server {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
}

/** A long crash recovery is no failure; a server that never gets ready is. */
const READY_WITHIN_MS = 120_000;
const STARTS_AT_MOST = 6;

const ALWAYS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  lc_messages: "C",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
  // A failed statement and its DETAIL can hold phone numbers, which no log may.
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
};

/** What another try may find gone: a port just taken, or a killed server's last children. */
const PASSING =
  /could not bind|could not create any TCP|pre-existing shared memory|lock file .* already exists/;

/**
 * Starts Postgres on a free port of 127.0.0.1 and resolves once it takes connections.
 *
 * @throws Error with Postgres's last log lines when it does not.
 */
export async function startServer(plan: ServerPlan): Promise<Server> {
  for (let start = 1; ; start++) {
    await endOrphan(plan);
    // Not before, for an orphan may have run as someone else.
    await giveTo(plan.runner, plan.cluster);
    const port = await freePort();
    const child = launch(plan, port);
    const failure = await failureToStart(child, plan.cluster);
    if (failure === undefined && child.pid !== undefined) return { child, pid: child.pid, port };
    const lines = readFileSync(plan.logFile, "utf8").trimEnd().split("\n").slice(-20).join("\n");
    if (start === STARTS_AT_MOST || !PASSING.test(lines)) {
      throw new Error(`Postgres did not start (${failure ?? "no pid"}):\n${lines}`);
    }
    await sleep(100 * start);
  }
}

/** SIGINT ends the sessions and writes a last checkpoint; SIGQUIT leaves the rest to recovery. */
export async function endServer(
  gone: () => boolean | Promise<boolean>,
  send: (signal: NodeJS.Signals) => void,
): Promise<void> {
  const steps = [
    ["SIGINT", 5_000],
    ["SIGQUIT", 8_000],
    ["SIGKILL", 5_000],
  ] as const;
  for (const [signal, patience_ms] of steps) {
    if (await gone()) return;
    send(signal);
    if (await until(gone, patience_ms)) return;
  }
  throw new Error("Postgres did not end, not even by SIGKILL");
}

/** Whether a server this process started has ended. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function launch(plan: ServerPlan, port: number): ChildProcess {
  const settings = Object.entries({ ...ALWAYS, ...plan.settings });
  // isPostmasterOf() knows the server again by these first words.
  const words = ["-D", plan.cluster, "-p", String(port)];
  words.push(...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]));
  const { file, args, options } = commandFor(plan.runner, plan.postgres, words);
  // A file, for a pipe would break when Node dies. Its own group, for Ctrl-C is Node's to handle.
  const output = openSync(plan.logFile, "w", 0o600);
  try {
    const stdio = ["ignore", output, output] as const;
    const child = spawn(file, [...args], { ...options, stdio: [...stdio], detached: true });
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

async function failureToStart(child: ChildProcess, cluster: string): Promise<string | undefined> {
  let failure: string | undefined;
  child.once("error", (error) => (failure = error.message));
  child.once("exit", (code, signal) => (failure = `it ended with ${code ?? signal ?? "no code"}`));
  const settled = await until(
    () => failure !== undefined || isReady(cluster, child.pid),
    READY_WITHIN_MS,
  );
  if (!settled) {
    await endServer(
      () => hasEnded(child),
      (signal) => child.kill(signal),
    );
    return `not ready within ${READY_WITHIN_MS / 1000} s`;
  }
  return failure;
}

/** postmaster.pid: the pid in line 1, the state in line 8. pg_ctl waits for the same. */
function isReady(cluster: string, pid: number | undefined): boolean {
  const lines = readIfThere(join(cluster, "postmaster.pid"))?.split("\n") ?? [];
  return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
}

/** Ends the server that a killed Node left running. Never another program that got its pid. */
async function endOrphan({ cluster, log }: ServerPlan): Promise<void> {
  const file = join(cluster, "postmaster.pid");
  const content = readIfThere(file);
  const pid = Number(content?.split("\n")[0]);
  if (content === undefined || !(pid > 1) || startTimeOf(pid) === undefined) return;
  if (await isPostmasterOf(pid, cluster)) {
    log(`stopping Postgres (pid ${pid}), left running by a process that was killed`);
    const gone = async () => !(await isPostmasterOf(pid, cluster));
    await endServer(gone, (signal) => process.kill(pid, signal));
    return;
  }
  // Postgres would take the stranger for a server and refuse. It passes over its parent's pid, and
  // by the rest of the file still sees a dead server's last children.
  writeFileSync(file, content.replace(/^\d+/, String(process.pid)));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (typeof address === "object" && address !== null) resolve(address.port);
        else reject(new Error("the system gave no port"));
      });
    });
  });
}
