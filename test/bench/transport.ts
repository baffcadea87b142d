import { randomBytes } from "node:crypto";
import { openDatabase, type Reader } from "../../src/db/database.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import type { Gateway, SendResult } from "../../src/gateway/gateway.ts";
import { writeTexts } from "../../src/outbox/outbox.ts";
import { sealingKey } from "../../src/outbox/seal.ts";
import { makeBreaker } from "../../src/worker/breaker.ts";
import { openQueue, type QueuePlace } from "../../src/worker/queue.ts";
import { startRelay } from "../../src/worker/relay.ts";
import { makeSender } from "../../src/worker/send.ts";

/** The service's own way of a text, from the act's commit to the gateway's door. */
export interface Transport {
  /** Commits one text in a transaction of its own, as an act does. */
  readonly commit: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const now = (): Date => new Date();

/**
 * Outbox, relay, queue and worker as the service composes them, before a gateway that takes every
 * text at once: what is measured ends where the gateway begins.
 * @param handed is told how long after its commit each text was handed to the gateway, in ms.
 */
export function openTransport(spec: {
  readonly database_url: string;
  /** Where the queue is; without one, texts are committed and nobody hands them over. */
  readonly place: QueuePlace | undefined;
  readonly community_id: string;
  readonly handed: (after_commit_ms: number) => void;
  readonly onError: (error: unknown) => void;
}): Transport {
  const db: Reader = openDatabase({
    url: spec.database_url,
    connections_max: 20,
    statement_timeout_ms: 30_000,
    onIdleError: spec.onError,
  });
  const committed = new Map<string, number>();
  const early = new Map<string, number>();
  const gateway = {
    send: (_to: string, text: string): Promise<SendResult> => {
      const at = committed.get(text);
      // Handed over before the commit's answer was back: it took no time.
      if (at === undefined) early.set(text, 0);
      else spec.handed(performance.now() - at);
      committed.delete(text);
      const gateway_id = `ATXid_${randomBytes(16).toString("hex")}`;
      return Promise.resolve({ type: "accepted", gateway_id, cost: null });
    },
  };
  const onward = spec.place && startOnward({ ...spec, db, gateway, place: spec.place });
  let written = 0;
  return {
    commit: async () => {
      written += 1;
      const text = `S${written}${randomBytes(3).toString("hex")} Confirmed. You earned 3 SoCC.`;
      const recipient = `+2547${String(10_000_000 + (written % 10_000))}`;
      const message = {
        recipient,
        member_id: null,
        purpose: "receipt",
        text,
        segments: 1,
      } as const;
      await inTransaction(db, (trx) => writeTexts(trx, spec.community_id, now(), [message]));
      const at = performance.now();
      onward?.nudge();
      if (early.delete(text)) spec.handed(0);
      else committed.set(text, at);
    },
    close: async () => {
      await onward?.close();
      await db.destroy();
    },
  };
}

/** What comes after the commit, as the service composes it. */
function startOnward(spec: {
  readonly db: Reader;
  readonly gateway: Gateway;
  readonly place: QueuePlace;
  readonly onError: (error: unknown) => void;
}): { readonly nudge: () => void; readonly close: () => Promise<void> } {
  const { db, gateway, onError } = spec;
  const queue = openQueue(spec.place, onError);
  const breaker = makeBreaker(now());
  const sealing_key = sealingKey(Buffer.from("the-pepper-of-the-bench"));
  queue.work(makeSender({ db, gateway, breaker, sealing_key, now }));
  const relay = startRelay({ db, queue, now, onError, room: breaker.room });
  return {
    nudge: relay.nudge,
    close: async () => {
      await relay.stop();
      await queue.close();
    },
  };
}
