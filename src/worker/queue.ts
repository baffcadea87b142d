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
import type { TextKey } from "../outbox/sending.ts";

/** Where the queue lives: its truth is the outbox, so losing all of it loses nothing. */
export type QueuePlace =
  | { readonly kind: "redis"; readonly url: string }
  | { readonly kind: "postgres"; readonly url: string };

/** Texts on their way to the gateway. */
export interface TextQueue {
  /** Puts texts in; one that is there already stays one. */
  readonly add: (keys: readonly TextKey[]) => Promise<void>;
  /** Begins to take texts out. Work that throws is tried again, later and later. */
  readonly work: (each: (key: TextKey) => Promise<void>) => void;
  /** Stops taking texts, waits for those in hand, and leaves. */
  readonly close: () => Promise<void>;
}

const queue_name = "texts";
/** The one BullMQ takes for a pool it did not make. */
const schema = DEFAULT_SCHEMA;
const attempts_max = 8;
/** Texts one process sends side by side: sending is waiting for the gateway. */
const concurrency = 16;

/** A worker that died is noticed, and its text taken up again, after this. */
const lock_ms = 60_000;

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
    await connection.quit();
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
  return {
    add: async (keys) => {
      const options = {
        attempts: attempts_max,
        backoff: { type: "exponential", delay: 1_000, jitter: 0.5 },
        // A finished job must not keep its text from being handed over again.
        removeOnComplete: true,
        removeOnFail: true,
      };
      await queue.addBulk(
        keys.map((data) => ({ name: "send", data, opts: { ...options, jobId: data.id } })),
      );
    },
    work: (each) => {
      const worker = new Worker<TextKey>(queue_name, ({ data }) => each(data), {
        connection,
        concurrency,
        lockDuration: lock_ms,
      });
      worker.on("error", onError);
      worker.on("failed", (_job, error) => onError(error));
      workers.push(worker);
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
      await queue.close();
      await disconnect();
    },
  };
}
