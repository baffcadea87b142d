import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Shape, Web } from "./shape.ts";
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

/** One web process after the other, out of the proxy's sight first; then the worker. */
const deploy: Fault = {
  name: "a deploy replaces every process",
  cuts: false,
  run: async ({ shape }) => {
    for (const web of shape.webs) {
      await shape.route(shape.webs.filter((other) => other !== web));
      await replace(web);
      await shape.route(shape.webs);
    }
    await replace(shape.worker);
  },
};

async function replace(service: Pick<Web, "stop" | "start">): Promise<void> {
  const code = await service.stop();
  if (code !== 0) throw new Error(`asked to stop, a process ended with ${code ?? "a signal"}`);
  await service.start();
}

/** All of them, in the order of a rehearsal. */
export const faults = {
  ...{ web_1: web(0), web_2: web(1) },
  ...{ worker, redis, postgres, gateway, deploy },
} as const;
