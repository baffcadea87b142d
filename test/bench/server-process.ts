import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A server of the bench in a process of its own. */
export interface BenchServer<Told> {
  /** What it printed as one line of JSON when it listened. */
  readonly told: Told;
  readonly stop: () => Promise<void>;
}

/**
 * Starts a server of this folder and waits until it listens.
 * @param spec.profile a folder for a CPU profile of the process.
 */
export async function startBenchServer<Told>(
  script: string,
  spec: {
    readonly environment: Readonly<Record<string, string>>;
    readonly profile: string | undefined;
  },
): Promise<BenchServer<Told>> {
  const flags = spec.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${spec.profile}`];
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, script)], {
    env: { ...process.env, ...spec.environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, "line"), gone.then(() => undefined)]);
  if (first === undefined) throw new Error(`${script} ended before it listened`);
  return {
    // The script and whoever starts it are written together.
    told: JSON.parse(first[0] as string) as Told,
    stop: async () => {
      child.kill("SIGTERM");
      await gone;
    },
  };
}
