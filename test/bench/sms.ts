import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import { openDatabase } from "../../src/db/database.ts";
import { migrate } from "../../src/db/migrate.ts";
import { prepareQueue, type QueuePlace } from "../../src/worker/queue.ts";
import { redisProcess } from "../support/processes.ts";
import { openBareQueue } from "./bare-queue.ts";
import { asOwner } from "./books.ts";
import { found } from "./communities.ts";
import { startPostgres } from "./postgres.ts";
import { tell } from "./report.ts";
import { openTransport } from "./transport.ts";

interface Place {
  readonly database_url: string;
  readonly community_id: string;
  readonly queue: QueuePlace;
}

interface Plan {
  readonly texts: number;
  readonly rounds: number;
  /** Acts, or callers of add, at a time. */
  readonly clients: number;
}

/** Texts of the light load, one after the other with a pause. */
const light_texts = 100;
const light_pause_ms = 40;

/**
 * Measures texts accepted, committed and handed to the gateway against bare BullMQ that adds and
 * works the same jobs on the same backend, side by side in every round.
 * @returns false when a text was lost; a missed aim is told, but is no failure.
 */
export async function benchSms(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      texts: { type: "string", default: "3000" },
      rounds: { type: "string", default: "3" },
      clients: { type: "string", default: "32" },
      // An experiment, not a way to run: what is committed may be lost in a crash.
      "no-sync": { type: "boolean", default: false },
    },
  });
  const plan = {
    texts: Number(values.texts),
    rounds: Number(values.rounds),
    clients: Number(values.clients),
  };
  const postgres = await startPostgres(0, tell);
  assert(postgres !== undefined, "the disk is as it is");
  const redis = await redisProcess();
  await redis?.start();
  try {
    const url = postgres.url("postgres");
    if (values["no-sync"])
      await asOwner(url, (owner) =>
        owner.query("alter database postgres set synchronous_commit = off"),
      );
    const place = await prepare(url);
    const backends: Place[] = [
      ...(redis ? [{ ...place, queue: { kind: "redis", url: redis.url } as const }] : []),
      { ...place, queue: { kind: "postgres", url: place.database_url } },
    ];
    if (redis === undefined) tell("skipped: no redis-server on the path");
    if (values["no-sync"]) tell("commits wait for no disk");
    for (const backend of backends) report(backend, await measureAll(backend, plan), plan);
    return true;
  } finally {
    await redis?.kill();
    await postgres.stop();
  }
}

async function prepare(url: string): Promise<Omit<Place, "queue">> {
  await migrate(url);
  await prepareQueue(url);
  const db = openDatabase({
    url,
    connections_max: 2,
    statement_timeout_ms: 30_000,
    onIdleError: ({ message }) => tell(message),
  });
  const [community] = await asOwner(url, (owner) =>
    found(owner, db, { communities: 1, members_each: 10 }),
  );
  await db.destroy();
  assert(community !== undefined, "one community was founded");
  return { database_url: url, community_id: community.id };
}

interface Measured {
  readonly bare_add: readonly number[];
  readonly bare_bulk: readonly number[];
  readonly texts: readonly number[];
  /** The commits alone, with nobody who hands anything over: no outbox can be faster. */
  readonly commits: readonly number[];
  /** From the commit to the gateway at light load, in ms, of all rounds. */
  readonly light_ms: readonly number[];
  readonly loads: readonly number[];
}

async function measureAll(place: Place, plan: Plan): Promise<Measured> {
  const all = { bare_add: [], bare_bulk: [], texts: [], commits: [], light_ms: [], loads: [] } as {
    [K in keyof Measured]: number[];
  };
  for (let round = 1; round <= plan.rounds; round += 1) {
    tell(`${place.queue.kind}: round ${round} of ${plan.rounds}`);
    all.loads.push(loadavg()[0] ?? NaN);
    all.bare_add.push(await bare(place, plan, 1));
    all.texts.push(await texts(place, plan));
    all.commits.push(await commits(place, plan));
    all.bare_bulk.push(await bare(place, plan, 200));
    all.light_ms.push(...(await light(place)));
  }
  return all;
}

/** @returns jobs added and worked a second. */
async function bare({ queue: place }: Place, plan: Plan, together: number): Promise<number> {
  const queue = openBareQueue(place);
  const { done, one } = countdown(plan.texts);
  queue.work(one);
  await sleep(200);
  const began = performance.now();
  await byClients(together === 1 ? plan.clients : 1, Math.ceil(plan.texts / together), () => {
    const jobs = Array.from({ length: together }, () => ({ community_id: uuid(), id: uuid() }));
    const [only] = jobs;
    return together === 1 && only ? queue.add(only) : queue.addBulk(jobs);
  });
  await done;
  const took_s = (performance.now() - began) / 1_000;
  await queue.close();
  return plan.texts / took_s;
}

/** @returns texts committed and handed to the gateway a second. */
async function texts(place: Place, plan: Plan): Promise<number> {
  const { done, one } = countdown(plan.texts);
  const transport = openTransport({ ...place, place: place.queue, handed: one, onError: fail });
  await sleep(200);
  const began = performance.now();
  await byClients(plan.clients, plan.texts, transport.commit);
  await done;
  const took_s = (performance.now() - began) / 1_000;
  await transport.close();
  return plan.texts / took_s;
}

/** @returns texts committed a second, with nothing after it. */
async function commits(place: Place, plan: Plan): Promise<number> {
  const transport = openTransport({
    ...place,
    place: undefined,
    handed: () => undefined,
    onError: fail,
  });
  await sleep(200);
  const began = performance.now();
  await byClients(plan.clients, plan.texts, transport.commit);
  const took_s = (performance.now() - began) / 1_000;
  await transport.close();
  // Nobody is to find them in the next round.
  await asOwner(place.database_url, (owner) =>
    owner.query("delete from message where state = 'queued'"),
  );
  return plan.texts / took_s;
}

/** @returns how long after its commit each text was at the gateway, when there is little to do. */
async function light(place: Place): Promise<readonly number[]> {
  const times: number[] = [];
  const { done, one } = countdown(light_texts);
  const handed = (ms: number): void => {
    times.push(ms);
    one();
  };
  const transport = openTransport({ ...place, place: place.queue, handed, onError: fail });
  await sleep(500);
  for (let at = 0; at < light_texts; at += 1) {
    await transport.commit();
    await sleep(light_pause_ms);
  }
  await done;
  await transport.close();
  return times;
}

/** A text that does not come is a lost one: better to stop than to tell a figure. */
const patience_ms = 60_000;

function countdown(count: number): { readonly done: Promise<void>; readonly one: () => void } {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => reject(new Error("not all came through")), patience_ms);
  let left = count;
  return {
    done: promise,
    one: () => {
      left -= 1;
      if (left > 0) return;
      clearTimeout(timer);
      resolve(undefined);
    },
  };
}

async function byClients(clients: number, calls: number, call: () => Promise<void>): Promise<void> {
  let left = calls;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

const fail = (error: unknown): void => {
  throw error instanceof Error ? error : new Error(String(error));
};

function report({ queue }: Place, measured: Measured, plan: Plan): void {
  const { bare_add, bare_bulk, texts, commits, light_ms, loads } = measured;
  const rate = (name: string, rates: readonly number[]): void => {
    const each = rates.map((value) => value.toFixed(0)).join(" ");
    tell(`  ${name.padEnd(52)} ${median(rates).toFixed(0).padStart(7)} a second  (${each})`);
  };
  tell(
    `\n${queue.kind}: ${plan.texts} texts, ${plan.clients} clients, load ${loads.map((l) => l.toFixed(1)).join(" ")}`,
  );
  rate("bare BullMQ, add one by one and process", bare_add);
  rate("bare BullMQ, addBulk of 200 and process", bare_bulk);
  rate("texts: committed, queued, handed over, settled", texts);
  rate("texts: committed, and no more", commits);
  const sorted = [...light_ms].sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.floor(sorted.length * q)] ?? NaN;
  aim("texts / bare, added one by one", median(texts) / median(bare_add), 0.5, "least");
  aim("texts / bare, added 200 at a time", median(texts) / median(bare_bulk), 0.5, "least");
  aim("commit to gateway at light load, p95, ms", at(0.95), 150, "most");
  tell(`  p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms, ${light_ms.length} texts`);
}

function aim(name: string, found: number, wanted: number, kind: "least" | "most"): void {
  const met = kind === "least" ? found >= wanted : found <= wanted;
  const sign = kind === "least" ? ">=" : "<=";
  tell(
    `  ${met ? "met   " : "MISSED"}  ${name.padEnd(44)} ${found.toFixed(2)}, wanted ${sign} ${wanted}`,
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
