import {
  createPostgresBackend,
  createRedisBackend,
  DEFAULT_SCHEMA,
  withBackend,
  type IQueueBackend,
  type PostgresConnectionOptions,
} from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";
import { watchConnections } from "../../src/db/database.ts";
import type { TextKey } from "../../src/outbox/sending.ts";
import type { QueuePlace } from "../../src/worker/queue.ts";

/** BullMQ with nothing around it: what the transport of texts is compared with. */
export interface BareQueue {
  readonly add: (job: TextKey) => Promise<void>;
  readonly addBulk: (jobs: readonly TextKey[]) => Promise<void>;
  readonly work: (each: (job: TextKey) => void) => void;
  readonly close: () => Promise<void>;
}

const concurrency = 100;

/** The same connections, job options and concurrency as the service's own queue. */
export function openBareQueue(place: QueuePlace): BareQueue {
  if (place.kind === "redis") {
    const connection = new Redis(place.url, { maxRetriesPerRequest: null });
    return on(withBackend(createRedisBackend), connection, async () => {
      await connection.quit();
    });
  }
  const options = `-c search_path=${DEFAULT_SCHEMA}`;
  const pool = new pg.Pool({ connectionString: place.url, max: 8, options });
  watchConnections(pool, () => undefined);
  // BullMQ describes pg's pool more loosely than pg's own types do.
  const connection = pool as object as PostgresConnectionOptions;
  return on(withBackend(createPostgresBackend), connection, () => pool.end());
}

function on<B extends IQueueBackend, C>(
  { Queue, Worker }: ReturnType<typeof withBackend<B, C>>,
  connection: C,
  disconnect: () => Promise<void>,
): BareQueue {
  const queue = new Queue<TextKey>("bare", { connection });
  const closes: (() => Promise<void>)[] = [];
  const optionsOf = ({ id }: TextKey) => ({
    jobId: id,
    attempts: 8,
    removeOnComplete: true,
    removeOnFail: true,
  });
  return {
    add: async (data) => {
      await queue.add("send", data, optionsOf(data));
    },
    addBulk: async (jobs) => {
      await queue.addBulk(jobs.map((data) => ({ name: "send", data, opts: optionsOf(data) })));
    },
    work: (each) => {
      const worker = new Worker<TextKey>(
        "bare",
        ({ data }) => {
          each(data);
          return Promise.resolve();
        },
        { connection, concurrency },
      );
      closes.push(() => worker.close());
    },
    close: async () => {
      for (const close of closes) await close();
      await queue.close();
      await disconnect();
    },
  };
}
