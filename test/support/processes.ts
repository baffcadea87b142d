import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { freePort } from "./servers.ts";
import type { Parts } from "../../src/compose.ts";

/** A process that can be killed and started again in the same place. */
export interface Killable {
  /** SIGKILL, and the end of it. */
  readonly kill: () => Promise<void>;
  /** Starts it; resolves when it is ready. */
  readonly start: () => Promise<void>;
}

function killable(run: () => ChildProcess, ready: string): Killable {
  let child: ChildProcess | undefined;
  return {
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
    kill: async () => {
      if (child === undefined || child.exitCode !== null) return;
      const gone = new Promise((done) => child?.once("exit", done));
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** A worker process; killed, it leaves everything as it was at that moment. */
export const workerProcess = (parts: Omit<Parts, "now" | "log">): Killable =>
  killable(
    () =>
      spawn(process.execPath, [join(import.meta.dirname, "worker-process.ts")], {
        env: { PATH: process.env["PATH"], WORKER: JSON.stringify(parts) },
      }),
    "working",
  );

/** A Redis of one's own that keeps nothing on disk; undefined where there is none to start. */
export async function redisProcess(): Promise<(Killable & { readonly url: string }) | undefined> {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  const port = String(await freePort());
  const flags = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const run = () => spawn("redis-server", flags);
  return { ...killable(run, "Ready to accept connections"), url: `redis://127.0.0.1:${port}` };
}
