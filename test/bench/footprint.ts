import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makePoster } from "../support/poster.ts";
import { programProcess } from "../support/processes.ts";
import { portToKeep } from "../support/servers.ts";
import type { Town } from "../support/town.ts";
import { median } from "./harness.ts";
import { bench_pepper, bench_secret } from "./ussd-call.ts";

/** What one process weighs, and how soon it serves; medians of a few starts. */
export interface Footprint {
  readonly role: "web" | "worker";
  /** From the spawn to the line `listening on`. */
  readonly listening_ms: number;
  /** From the spawn to the first screen; none of a worker. */
  readonly first_answer_ms: number | undefined;
  /** Resident memory when nothing happens; NaN where there is no /proc. */
  readonly idle_mb: number;
}

interface Place {
  readonly database_url: string;
  readonly redis_url: string | undefined;
  readonly town: Town;
}

const starts = 3;
const idle_ms = 5_000;

/** Starts `src/main.ts` as each role, one process at a time, on a database that is migrated. */
export async function footprint(place: Place): Promise<readonly Footprint[]> {
  const found: Footprint[] = [];
  for (const role of ["web", "worker"] as const) {
    const each: Footprint[] = [];
    for (let start = 0; start < starts; start += 1) each.push(await weigh(role, place));
    const of = (pick: (one: Footprint) => number): number => median(each.map(pick));
    found.push({
      role,
      listening_ms: of(({ listening_ms }) => listening_ms),
      first_answer_ms: role === "web" ? of((one) => one.first_answer_ms ?? NaN) : undefined,
      idle_mb: of(({ idle_mb }) => idle_mb),
    });
  }
  return found;
}

async function weigh(
  role: Footprint["role"],
  { database_url, redis_url, town }: Place,
): Promise<Footprint> {
  const dir = mkdtempSync(join(tmpdir(), "soccs-footprint-"));
  const port = await portToKeep();
  const service = programProcess(
    "src/main.ts",
    {
      ...{ ROLE: role, PORT: String(port), DATABASE_URL: database_url, PIN_PEPPER: bench_pepper },
      ...{
        AT_USERNAME: "bench",
        AT_API_KEY: "nobody sends here",
        AT_CALLBACK_SECRET: bench_secret,
      },
      // A worker must not send what the bench has written.
      AT_BASE_URL: "http://127.0.0.1:1",
      ...(redis_url !== undefined && { REDIS_URL: redis_url }),
    },
    join(dir, "service.log"),
  );
  try {
    const began = performance.now();
    await service.start();
    const listening_ms = performance.now() - began;
    if (role === "web") await dial(`http://127.0.0.1:${port}/at/${bench_secret}/ussd`, town);
    const first_answer_ms = role === "web" ? performance.now() - began : undefined;
    await sleep(idle_ms);
    return { role, listening_ms, first_answer_ms, idle_mb: await memoryOf(service.pid()) };
  } finally {
    await service.kill();
    rmSync(dir, { recursive: true });
  }
}

async function dial(url: string, { ussd_code, members }: Town): Promise<void> {
  const poster = makePoster({ connections: 1 });
  const posted = await poster.post(url, {
    sessionId: `ATUid_${randomBytes(16).toString("hex")}`,
    phoneNumber: members[0]?.phone ?? "",
    networkCode: "63902",
    serviceCode: ussd_code,
    text: "",
  });
  poster.close();
  if (posted.type !== "answered" || !posted.body.startsWith("CON "))
    throw new Error(`not the home screen: ${JSON.stringify(posted)}`);
}

/** Resident memory of a process, in MB. */
async function memoryOf(pid: number | undefined): Promise<number> {
  if (process.platform !== "linux") return NaN;
  const status = await readFile(`/proc/${pid ?? 0}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) / 1_000;
}

export function tellFootprint(found: readonly Footprint[], tell: (line: string) => void): void {
  for (const { role, listening_ms, first_answer_ms, idle_mb } of found)
    tell(
      `${role.padEnd(7)} listening after ${listening_ms.toFixed(0)} ms` +
        (first_answer_ms === undefined
          ? ""
          : `, first screen after ${first_answer_ms.toFixed(0)} ms`) +
        `, idle ${idle_mb.toFixed(0)} MB`,
    );
}
