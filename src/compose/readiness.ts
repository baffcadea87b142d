import type { Reader } from "../db/database.ts";
import { compareSchema } from "../db/migrate.ts";
import { countShutPins } from "../domain/pins.ts";
import type { Readiness } from "../http/app.ts";
import { cached } from "../metrics/cached.ts";
import type { Stock } from "../metrics/metrics.ts";
import { queuedTexts } from "../outbox/reading.ts";
import { whyTextsWait } from "../worker/health.ts";
import type { TextQueue } from "../worker/queue.ts";

/** A queue that hangs is not waited for, and not asked by everybody who looks. */
const queue_look = { keep_ms: 2_000, wait_ms: 500 };

/**
 * What a process needs to serve, and what it can do without for a while. Without the queue texts stay
 * in the outbox; beside a newer schema an old release goes on until the new one has taken over.
 */
export function readinessOf(of: {
  readonly db: Reader;
  readonly queue: Pick<TextQueue, "size">;
  /** Where the queue lives. */
  readonly queue_is: string;
  readonly isStopping: () => boolean;
}): { readonly readiness: Readiness; readonly degraded: Readiness } {
  const { db, queue_is } = of;
  const size = cached(of.queue.size, { ...queue_look, onError: () => undefined });
  const schema = (): Promise<"current" | "older" | "newer" | "unknown"> =>
    compareSchema(db).catch(() => "unknown");
  return {
    readiness: async () => {
      const is = await schema();
      return {
        service: of.isStopping() ? "is stopping" : null,
        database: is === "unknown" ? "cannot be reached" : null,
        migrations: is === "older" ? "the schema lacks some of this release's" : null,
      };
    },
    degraded: async () => ({
      gateway: await whyTextsWait(db).catch(() => "cannot be told without the database"),
      queue: (await size()) === undefined ? `${queue_is} cannot be reached; texts wait` : null,
      schema: (await schema()) === "newer" ? "a newer release has changed it" : null,
    }),
  };
}

/** What waits and what is shut, for the metrics. */
export async function stockOf(db: Reader, now: Date): Promise<Stock> {
  const [{ queued, oldest_ms }, pins] = await Promise.all([
    queuedTexts(db, now),
    countShutPins(db, now),
  ]);
  return {
    queued,
    oldest_s: oldest_ms / 1000,
    pins_locked: pins.locked,
    pins_blocked: pins.blocked,
  };
}
