import type { Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import { takeQueued } from "../outbox/sending.ts";
import { failOverdue, markAbandoned, wipeSealed } from "../outbox/sweep.ts";
import type { TextQueue } from "./queue.ts";

/** Moves texts from the outbox to the queue. */
export interface Relay {
  /** After a commit: look now. Many calls at once are one look. */
  readonly nudge: () => void;
  readonly stop: () => Promise<void>;
}

interface Relaying {
  readonly db: Kysely<DB>;
  readonly queue: Pick<TextQueue, "add" | "size">;
  readonly now: () => Date;
  /** Told of a failed look; the next one comes anyway. */
  readonly onError: (error: unknown) => void;
  /** Most texts that may be handed over now: none while the gateway takes none. */
  readonly room?: (now: Date) => number;
  /** Done with every sweep. */
  readonly alsoSweep?: () => Promise<void>;
  /** A text that is still queued this long after it was handed over is handed over again. */
  readonly again_ms?: number;
  /** A worker that has been sending for longer than this is dead. */
  readonly sending_max_ms?: number;
}

const batch = 200;
/** Most texts that lie in the queue at a time: what is urgent must not wait behind all the others. */
const window = 2_000;
/** For what no nudge told of: another process died after its commit, or the queue lost it. */
const poll_ms = 2_000;
/** When the queue is full, it is looked at again after this. */
const full_ms = 200;
const default_again_ms = 60_000;

/** Starts relaying. */
export function startRelay(spec: Relaying): Relay {
  let stopped = false;
  let wanted = false;
  let sweep = true;
  let running: Promise<void> | undefined;
  const room = roomInQueue(spec);

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
        if (sweep) await tidy(spec);
        sweep = false;
        if (await relayAll(spec, room)) setTimeout(nudge, full_ms).unref();
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

async function tidy(spec: Relaying): Promise<void> {
  const now = spec.now();
  await spec.alsoSweep?.();
  await markAbandoned(spec.db, now, spec.sending_max_ms);
  await failOverdue(spec.db, now);
  await wipeSealed(spec.db, now);
}

/** @returns whether it stopped because the queue is full. */
async function relayAll(spec: Relaying, room: RoomInQueue): Promise<boolean> {
  for (;;) {
    const now = spec.now();
    const allowed = Math.min(batch, spec.room?.(now) ?? batch);
    if (allowed === 0) return false;
    const limit = Math.min(allowed, await room.left());
    if (limit <= 0) return true;
    const again_at = new Date(now.getTime() + (spec.again_ms ?? default_again_ms));
    const texts = await takeQueued(spec.db, { now, again_at, limit });
    if (texts.length > 0) await spec.queue.add(texts);
    room.took(texts.length);
    if (texts.length < limit || allowed < batch) return false;
  }
}

interface RoomInQueue {
  readonly left: () => Promise<number>;
  readonly took: (count: number) => void;
}

/** Counts what was put in, and asks the queue only when that alone would fill it. */
function roomInQueue({ queue }: Relaying): RoomInQueue {
  let there = 0;
  return {
    left: async () => {
      if (there + batch > window) there = await queue.size();
      return window - there;
    },
    took: (count) => {
      there += count;
    },
  };
}
