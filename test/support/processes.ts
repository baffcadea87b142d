import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { bare_environment } from "./bare-environment.ts";
import { portToKeep } from "./servers.ts";
import type { Parts } from "../../src/compose/service.ts";
import { hasEnded } from "../../src/db/embedded/server.ts";

/** A process that can be killed and started again in the same place. */
export interface Killable {
  /** SIGKILL, and the end of it. */
  readonly kill: () => Promise<void>;
  /** Starts it; resolves when it is ready. */
  readonly start: () => Promise<void>;
}

/** One that can also be asked to stop, as a deploy does. */
export interface Stoppable extends Killable {
  /** SIGTERM, and the end of it. @returns its exit code. */
  readonly stop: () => Promise<number | null>;
  /** Undefined before the first start. */
  readonly pid: () => number | undefined;
}

function killable(run: () => ChildProcess, ready: string): Stoppable {
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === undefined || hasEnded(child)) return;
    const gone = new Promise((done) => child?.once("exit", done));
    child.kill(signal);
    await gone;
  };
  return {
    pid: () => child?.pid,
    start: async () => {
      const started = run();
      child = started;
      // A run that breaks off leaves nothing running.
      const endWithNode = () => started.kill("SIGKILL");
      process.once("exit", endWithNode);
      started.once("exit", () => process.off("exit", endWithNode));
      let printed = "";
      await new Promise<void>((resolve, reject) => {
        for (const stream of [started.stdout, started.stderr])
          stream?.on("data", (chunk: Buffer) => {
            printed = (printed + chunk.toString()).slice(-5_000);
            if (printed.includes(ready)) resolve();
          });
        started.once("exit", () => reject(new Error(`ended before it was ready:\n${printed}`)));
      });
    },
    kill: () => end("SIGKILL"),
    stop: async () => {
      await end("SIGTERM");
      return child?.exitCode ?? null;
    },
  };
}

/** A worker process; killed, it leaves everything as it was at that moment. */
export const workerProcess = (parts: Omit<Parts, "now" | "log">): Killable =>
  killable(
    () =>
      spawn(process.execPath, [join(import.meta.dirname, "worker-process.ts")], {
        env: { ...bare_environment, WORKER: JSON.stringify(parts) },
      }),
    "working",
  );

/**
 * A program of ours as a process of its own, told all by its environment.
 * @param program from the project's folder; it prints `listening on` when it is ready.
 * @param log_file where what it prints is added.
 */
export const programProcess = (
  program: string,
  environment: Readonly<Record<string, string>>,
  log_file: string,
): Stoppable =>
  killable(() => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "../..", program)], {
      env: { ...bare_environment, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(log_file, { flags: "a" });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.once("close", () => log.end());
    return child;
  }, "listening on");

/**
 * A Redis of one's own; undefined where there is none to start.
 * @param kept.dir where it keeps an append-only file, and so outlives a kill; nothing on disk without.
 * @param kept.config a file that holds the password.
 */
export async function redisProcess(kept?: {
  readonly dir: string;
  readonly config: string;
  readonly password: string;
}): Promise<(Killable & { readonly url: string }) | undefined> {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  const port = String(await portToKeep());
  const place = ["--port", port, "--bind", "127.0.0.1", "--save", ""];
  const flags =
    kept === undefined
      ? [...place, "--appendonly", "no"]
      : [kept.config, ...place, "--appendonly", "yes", "--dir", kept.dir];
  const run = () => spawn("redis-server", flags);
  const login = kept === undefined ? "" : `:${kept.password}@`;
  const url = `redis://${login}127.0.0.1:${port}`;
  return { ...killable(run, "Ready to accept connections"), url };
}
