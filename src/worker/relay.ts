import type { Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import { markAbandoned, takeQueued, wipeSealed } from "../outbox/sending.ts";
import type { TextQueue } from "./queue.ts";

/** Moves texts from the outbox to the queue. */
export interface Relay {
  /** After a commit: look now. Many calls at once are one look. */
  readonly nudge: () => void;
  readonly stop: () => Promise<void>;
}

const batch = 200;
/** For what no nudge told of: another process died after its commit, or the queue lost it. */
const poll_ms = 2_000;

/** Starts relaying. @param onError is told of a failed look; the next one comes anyway. */
export function startRelay(spec: {
  readonly db: Kysely<DB>;
  readonly queue: TextQueue;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
}): Relay {
  let stopped = false;
  let wanted = false;
  let sweep = true;
  let running: Promise<void> | undefined;

  const nudge = (): void => {
    wanted = true;
    if (stopped) return;
    running ??= run().finally(() => {
      running = undefined;
      // A nudge may have come between the last look and here.
      if (wanted) nudge();
    });
  };

  async function run(): Promise<void> {
    while (wanted && !stopped) {
      wanted = false;
      try {
        if (sweep) await tidy(spec.db, spec.now());
        sweep = false;
        await relayAll(spec);
      } catch (error) {
        spec.onError(error);
      }
    }
  }

  const timer = setInterval(() => {
    sweep = true;
    nudge();
  }, poll_ms);
  nudge();
  return {
    nudge,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

async function tidy(db: Kysely<DB>, now: Date): Promise<void> {
  await markAbandoned(db, now);
  await wipeSealed(db, now);
}

async function relayAll(spec: {
  db: Kysely<DB>;
  queue: TextQueue;
  now: () => Date;
}): Promise<void> {
  for (;;) {
    const keys = await takeQueued(spec.db, spec.now(), batch);
    if (keys.length > 0) await spec.queue.add(keys);
    if (keys.length < batch) return;
  }
}
