import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { bare_environment } from "./bare-environment.ts";

const main = join(import.meta.dirname, "../../src/main.ts");

/** The service as `npm start` runs it: a process, its own Postgres where it is told of no other. */
export interface Running {
  readonly process: ChildProcess;
  /** Empty where it ended by itself instead of listening. */
  readonly url: string;
  readonly printed: () => string;
  readonly send: (signal: NodeJS.Signals) => void;
  /** Waits for the end. @returns the exit code, and how long after the first signal it came. */
  readonly ended: () => Promise<{ code: number | null; took_ms: number }>;
  /** Sends a signal and waits for the end. */
  readonly end: (signal: NodeJS.Signals) => Promise<{ code: number | null; took_ms: number }>;
}

/** Starts one with an environment of its own; it does not outlive its test. */
export async function startService(environment: Record<string, string>): Promise<Running> {
  const child = spawn(process.execPath, [main], {
    env: { ...bare_environment, PORT: "0", ...environment },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
  const gone = new Promise<number | null>((done) => child.once("exit", done));
  const url = await vi.waitFor(
    () => {
      if (child.exitCode !== null) return "";
      const found = /^listening on (http:\S+)$/m.exec(printed)?.[1];
      if (found === undefined) throw new Error(`not listening yet:\n${printed}`);
      return found;
    },
    // It makes a database, and shares the machine with other tests.
    { timeout: 30_000, interval: 10 },
  );
  let asked_at = 0;
  const send = (signal: NodeJS.Signals): void => {
    asked_at ||= performance.now();
    child.kill(signal);
  };
  const ended = async () => ({ code: await gone, took_ms: performance.now() - asked_at });
  return {
    process: child,
    url,
    printed: () => printed,
    send,
    ended,
    end: (signal) => {
      send(signal);
      return ended();
    },
  };
}
