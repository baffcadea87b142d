import {
  createPostgresBackend,
  createRedisBackend,
  DEFAULT_SCHEMA,
  runMigrations,
  withBackend,
  type IQueueBackend,
  type PostgresConnectionOptions,
} from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";
import { app_role, plainUrl, watchConnections } from "../db/database.ts";
import type { TextKey, Waiting } from "../outbox/sending.ts";
import { within } from "./within.ts";

/** Where the queue lives: its truth is the outbox, so losing all of it loses nothing. */
export type QueuePlace =
  | { readonly kind: "redis"; readonly url: string }
  | { readonly kind: "postgres"; readonly url: string };

/** Texts on their way to the gateway. */
export interface TextQueue {
  /** Puts texts in, to be taken out by urgency; one that is there already stays one. */
  readonly add: (texts: readonly Waiting[]) => Promise<void>;
  /** How many texts are in it. */
  readonly size: () => Promise<number>;
  /** Begins to take texts out. Work that throws is tried again, later and later. */
  readonly work: (each: (key: TextKey) => Promise<void>, pace?: Pace) => void;
  /**
   * Stops taking texts, and waits for those in hand as long as a process may take to end: what the
   * gateway has not answered by then stays as being sent, and counts as unknown before long (R34).
   */
  readonly stop: () => Promise<void>;
  /** Stops, and leaves. */
  readonly close: () => Promise<void>;
}

/** How fast texts are taken out. */
export interface Pace {
  /** By all processes together; no limit when absent. */
  readonly per_second?: number | undefined;
  /** Side by side in this process. */
  readonly concurrency?: number | undefined;
}

const queue_name = "texts";
/** The one BullMQ takes for a pool it did not make. */
const schema = DEFAULT_SCHEMA;
/** For faults of ours; how often the gateway is asked, the outbox says. */
const attempts_max = 8;
/** Texts one process sends side by side: sending is waiting for the gateway, some 300 ms each. */
const default_concurrency = 100;

/**
 * A worker that died is noticed after this, and what it had taken is worked again. That can be
 * short, and wrong: a text is sent once, however often it is worked.
 */
const lock_ms = 15_000;
const look_for_dead_ms = 5_000;
/** A gateway may take 15 s to answer; a process that is to end has 10 s (main.ts). */
const stop_wait_ms = 7_500;
/** A Redis that is away is not waited for. */
const leave_wait_ms = 1_000;
/** Several workers may die over one text before it is left to the outbox to hand it over again. */
const deaths_max = 10;

/**
 * Opens the queue on either of BullMQ's backends; what is above it cannot tell which.
 * @param onError is told of broken connections and failed jobs; the queue mends itself.
 */
export function openQueue(place: QueuePlace, onError: (error: Error) => void): TextQueue {
  // On both backends the connection is made here: BullMQ leaves open what it was given, and what it
  // opens itself it does not wait for when it closes.
  if (place.kind === "postgres") {
    const options = `-c role=${app_role} -c search_path=${schema}`;
    const pool = new pg.Pool({ connectionString: plainUrl(place.url), max: 8, options });
    watchConnections(pool, onError);
    // BullMQ describes pg's pool more loosely than pg's own types do.
    const connection = pool as object as PostgresConnectionOptions;
    return queueOn(withBackend(createPostgresBackend), connection, onError, () => pool.end());
  }
  // A worker's blocking call may be retried without limit.
  const connection = new Redis(place.url, { maxRetriesPerRequest: null });
  connection.on("error", onError);
  return queueOn(withBackend(createRedisBackend), connection, onError, async () => {
    if (connection.status === "ready") await connection.quit();
    else connection.disconnect();
  });
}

/** Makes the queue's tables, where it lives in Postgres. @param url signs in as the owner. */
export async function prepareQueue(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await runMigrations(client, schema);
    await client.query(`
      grant usage, create on schema ${schema} to soccs_app;
      grant select, insert, update, delete on all tables in schema ${schema} to soccs_app;
      grant usage on all sequences in schema ${schema} to soccs_app;
    `);
  } finally {
    await client.end();
  }
}

function queueOn<B extends IQueueBackend, C>(
  { Queue, Worker }: ReturnType<typeof withBackend<B, C>>,
  connection: C,
  onError: (error: Error) => void,
  disconnect: () => Promise<void>,
): TextQueue {
  const queue = new Queue<TextKey>(queue_name, { connection });
  queue.on("error", onError);
  const workers: { close: () => Promise<void> }[] = [];
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= within(Promise.all(workers.map((worker) => worker.close())), stop_wait_ms));
  return {
    add: async (texts) => {
      const options = {
        attempts: attempts_max,
        backoff: { type: "exponential", delay: 1_000, jitter: 0.5 },
        // A finished job must not keep its text from being handed over again.
        removeOnComplete: true,
        removeOnFail: true,
      };
      await queue.addBulk(
        texts.map(({ urgency, ...data }) => ({
          name: "send",
          data,
          // BullMQ takes those without a priority before all others.
          opts: { ...options, jobId: data.id, priority: urgency - 1 },
        })),
      );
    },
    size: () => queue.getJobCountByTypes("waiting", "prioritized", "delayed", "active"),
    work: (each, { per_second, concurrency = default_concurrency } = {}) => {
      const worker = new Worker<TextKey>(queue_name, ({ data }) => each(data), {
        connection,
        concurrency,
        lockDuration: lock_ms,
        stalledInterval: look_for_dead_ms,
        maxStalledCount: deaths_max,
        ...(per_second !== undefined && { limiter: { max: per_second, duration: 1_000 } }),
      });
      worker.on("error", onError);
      worker.on("failed", (_job, error) => onError(error));
      workers.push(worker);
    },
    stop,
    close: async () => {
      await stop();
      await within(queue.close(), leave_wait_ms);
      await within(disconnect(), leave_wait_ms);
    },
  };
}
