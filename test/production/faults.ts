import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Stoppable } from "../support/processes.ts";
import type { Shape } from "./shape.ts";
import type { Gateway } from "./texts.ts";

/** What is done to the running service. */
export interface Fault {
  readonly name: string;
  /** Whether a connection may break: those of the process that is killed do. */
  readonly cuts: boolean;
  /** Does it, and puts right what a person would. */
  readonly run: (to: Afflicted) => Promise<void>;
}

export interface Afflicted {
  readonly shape: Shape;
  readonly gateway: Gateway;
  /** How long what was killed stays away. */
  readonly away_ms: number;
}

const web = (at: 0 | 1): Fault => ({
  name: `web process ${at + 1} is killed`,
  cuts: true,
  run: async ({ shape, away_ms }) => {
    const killed = shape.webs[at];
    await killed.kill();
    await sleep(away_ms);
    await killed.start();
  },
});

const worker: Fault = {
  name: "the worker is killed",
  cuts: false,
  run: async ({ shape: { worker }, away_ms }) => {
    await worker.kill();
    await sleep(away_ms);
    await worker.start();
  },
};

const redis: Fault = {
  name: "Redis is killed and loses all",
  cuts: false,
  run: async ({ shape: { redis }, away_ms }) => {
    await redis.kill();
    await sleep(away_ms);
    await redis.start();
    const client = new Redis(redis.url);
    await client.flushall();
    await client.quit();
  },
};

const postgres: Fault = {
  name: "Postgres crashes",
  cuts: false,
  run: async ({ shape: { postgres }, away_ms }) => {
    await postgres.kill();
    await sleep(away_ms);
    await postgres.start();
  },
};

const gateway: Fault = {
  name: "the gateway hangs",
  cuts: false,
  run: async ({ gateway, away_ms }) => {
    await gateway.hang(1);
    await sleep(3 * away_ms);
    await gateway.hang(0);
  },
};

/** As deploy/upgrade.sh does it. Nobody tells the proxy: it asks each whether it takes calls. */
const deploy: Fault = {
  name: "a deploy replaces every process",
  cuts: false,
  run: async ({ shape }) => {
    await shape.migrate();
    for (const each of [...shape.webs, shape.worker]) await replace(each);
    await sleep(seen_after_ms);
  },
};

/** By then the proxy has seen of the last one that it is back. */
const seen_after_ms = 1_000;

async function replace(service: Stoppable): Promise<void> {
  const code = await service.stop();
  if (code !== 0) throw new Error(`asked to stop, a process ended with ${code ?? "a signal"}`);
  await service.start();
}

/** All of them, in the order of a rehearsal. */
export const faults = {
  ...{ web_1: web(0), web_2: web(1) },
  ...{ worker, redis, postgres, gateway, deploy },
} as const;
