import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely } from "kysely";
import { gathered } from "../db/gather.ts";
import type { DB } from "../db/types.ts";
import type { Gateway, SendResult } from "../gateway/gateway.ts";
import { applyReports, matchReports } from "../outbox/delivery.ts";
import { recordOptOuts } from "../outbox/opt-out.ts";
import type { SealingKey } from "../outbox/seal.ts";
import {
  putOff,
  settle,
  takeForSending,
  type Fate,
  type Outgoing,
  type TextKey,
  type TextNews,
} from "../outbox/sending.ts";
import type { Breaker } from "./breaker.ts";
import { storeHealth } from "./health.ts";

/** What sending works with. */
export interface Sending {
  readonly db: Kysely<DB>;
  readonly gateway: Gateway;
  readonly breaker: Breaker;
  readonly sealing_key: SealingKey;
  readonly now: () => Date;
  /** The gateway can be used again, or no longer. */
  readonly onHealth?: () => void;
  /** Told of each text that was sent or settled, once that is stored. */
  readonly onNews?: (texts: readonly TextNews[]) => void;
}

/** Most texts of one statement. */
const together_max = 128;

/**
 * Makes what sends one text, once: whoever takes it from the outbox first sends it, and what became
 * of it is stored before anything else happens to it.
 * @throws the database's errors alone: everything the gateway does is an outcome, and stored.
 */
export function makeSender(sending: Sending): (key: TextKey) => Promise<void> {
  const { db, gateway, breaker, sealing_key, now } = sending;
  const take = gathered<TextKey, Outgoing | undefined>(async (keys) => {
    const taken = await takeForSending(db, keys, { now: now(), sealing_key });
    const byId = new Map(taken.map((text) => [text.id, text]));
    // The same text twice in one call is still one.
    return keys.map(({ id }) => pop(byId, id));
  }, together_max);
  const tell = gathered<Told, undefined>(async (told) => {
    const news = await storeAll(db, told, now());
    sending.onNews?.(news);
    return told.map(() => undefined);
  }, together_max);
  const wait = gathered<TextKey, undefined>(async (keys) => {
    await putOff(db, keys, breaker.health().retry_at ?? now());
    return keys.map(() => undefined);
  }, together_max);

  return async (key) => {
    if (!breaker.enter(now())) {
      await wait(key);
      return;
    }
    const text = await take(key).catch((error: unknown) => {
      breaker.note(nothing_tried, now());
      throw error;
    });
    const result = text?.text === undefined ? nothing_tried : await send(gateway, text, text.text);
    const changed = breaker.note(result, now());
    if (text !== undefined) {
      const told = { text, result, fate: fateOf(result, text, now()) };
      await persistently(() => tell(told));
    }
    if (!changed) return;
    await storeHealth(db, breaker.health(), now());
    sending.onHealth?.();
  };
}

/** Another pepper than the one it was sealed under, which an operator can put right. */
const nothing_tried: SendResult = { type: "not-taken", reason: "its seal does not open" };

/** A gateway that throws is a bug; what it did before, nobody knows. */
async function send(
  gateway: Gateway,
  { recipient, sender }: Outgoing,
  text: string,
): Promise<SendResult> {
  try {
    return await gateway.send(recipient, text, sender ?? undefined);
  } catch {
    return { type: "unknown", reason: "the gateway's client failed" };
  }
}

const store_tries_max = 6;
const store_first_wait_ms = 100;

/**
 * Tries again for some three seconds: what the gateway said is known here alone, and a text whose
 * fate was not stored would count as unknown.
 */
async function persistently(store: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await store();
      return;
    } catch (error) {
      if (tries === store_tries_max) throw error;
      await sleep(store_first_wait_ms * 2 ** (tries - 1));
    }
  }
}

interface Told {
  readonly text: Outgoing;
  readonly result: SendResult;
  readonly fate: Fate;
}

async function storeAll(
  db: Kysely<DB>,
  told: readonly Told[],
  now: Date,
): Promise<readonly TextNews[]> {
  await settle(
    db,
    told.map(({ text, fate }) => ({ key: text, fate })),
    now,
  );
  // A report may have come before its text's id was known here, or may be all that ever comes.
  const ids = told.flatMap(({ fate }) => (fate.state === "sent" ? [fate.gateway_id] : []));
  const applied = ids.length > 0 ? await applyReports(db, ids, now) : [];
  const unknown = told.filter(({ fate }) => fate.state === "unknown");
  const matched = await matchReports(
    db,
    unknown.map(({ text }) => text.recipient),
    now,
  );
  const refused = told.filter(({ result }) => result.type === "refused" && result.opted_out);
  await recordOptOuts(
    db,
    refused.map(({ text }) => ({ community_id: text.community_id, phone: text.recipient })),
    { source: "refusal", now },
  );
  const sent = told.map(({ text: { request_id, segments }, fate }) => {
    const { state, reason } = fate;
    return { request_id, segments, state, reason, cost: fate.state === "sent" ? fate.cost : null };
  });
  return [...sent, ...applied, ...matched];
}

/** A text that the gateway keeps refusing to take has failed after a day. */
const refused_max_ms = 86_400_000;
const first_wait_ms = 2_000;
const wait_max_ms = 10 * 60_000;

/**
 * What becomes of a text after the gateway's answer.
 * @param random from 0 to 1, so that what was refused together does not come back together.
 */
export function fateOf(
  result: SendResult,
  { attempts, created_at }: Pick<Outgoing, "attempts" | "created_at">,
  now: Date,
  random: () => number = Math.random,
): Fate {
  switch (result.type) {
    case "accepted":
      return { state: "sent", gateway_id: result.gateway_id, cost: result.cost, reason: null };
    case "refused":
      return { state: "failed", reason: result.reason };
    case "unknown":
      return { state: "unknown", reason: result.reason };
    case "not-taken": {
      const { reason } = result;
      const age_ms = now.getTime() - created_at.getTime();
      // An account that is locked or empty says nothing of this text: then it goes on waiting, until
      // it is overdue.
      if (age_ms >= refused_max_ms && result.trouble !== "account")
        return { state: "failed", reason: `not taken for a day: ${reason}`.slice(0, 200) };
      const wait_ms = Math.min(first_wait_ms * 2 ** Math.min(attempts - 1, 20), wait_max_ms);
      const due_at = new Date(now.getTime() + wait_ms * (0.5 + random() / 2));
      return { state: "queued", reason, due_at };
    }
  }
}

function pop<K, V>(map: Map<K, V>, key: K): V | undefined {
  const value = map.get(key);
  map.delete(key);
  return value;
}
