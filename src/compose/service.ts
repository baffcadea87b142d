import type { FastifyInstance } from "fastify";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import type { Simulator } from "../gateway/simulator/simulator.ts";
import { buildApp } from "../http/app.ts";
import { makeGates } from "../http/gate.ts";
import { makeMetrics } from "../metrics/metrics.ts";
import { watchPool } from "../metrics/pool.ts";
import type { TextNews } from "../outbox/sending.ts";
import { wipe } from "../sms/wipe.ts";
import { makeBreaker } from "../worker/breaker.ts";
import { openQueue } from "../worker/queue.ts";
import { within } from "../worker/within.ts";
import { addAdmin } from "./admin.ts";
import { callbacks } from "./callbacks.ts";
import { assertRole, openLooking, openWork } from "./databases.ts";
import type { House } from "./house.ts";
import { checkedWords } from "./menus.ts";
import type { Parts } from "./parts.ts";
import { readinessOf, stockOf } from "./readiness.ts";
import { sayIn } from "./say.ts";
import { relayTexts, sendTexts } from "./sending.ts";
import { addPhonePage, addSimulator, simulatorFor } from "./simulator.ts";
import { startTimedWork } from "./timed.ts";

export type { Parts, SendingLimits } from "./parts.ts";

export interface Service {
  readonly app: FastifyInstance;
  readonly url: string;
  readonly db: Kysely<DB>;
  /** Absent where a real gateway carries the texts. */
  readonly simulator: Simulator | undefined;
  /** Does now what the timed work does by itself every few seconds: expiries and the like. */
  readonly doDue: () => Promise<void>;
  /** Forgets now what the timed work forgets by itself every minute: what has been kept long enough. */
  readonly forget: () => Promise<void>;
  /** Stops taking calls, finishes those in hand, leaves the queue, closes. */
  readonly close: () => Promise<void>;
}

const leave_wait_ms = 1_000;

/** Builds a whole service on a migrated database and starts it. */
export async function compose(parts: Parts): Promise<Service> {
  const { log, now } = parts;
  let closing = false;
  // A connection that breaks while all of them are being closed is no news.
  const onError = (error: unknown): void =>
    log[closing ? "debug" : "error"]({ err: error }, "background work failed");
  const words = checkedWords();
  const queue = openQueue(parts.queue, onError);
  const breaker = makeBreaker(now());
  const looking = openLooking(parts, onError);
  const metrics = makeMetrics({
    stock: () => stockOf(looking, now()),
    queue: queue.size,
    gatewayClosed: () => breaker.health().open,
  });
  const db = openWork(parts, {
    onIdleError: onError,
    watch: (pool) => watchPool(metrics.registry, pool),
  });
  const onNews = (texts: readonly TextNews[]): void => {
    metrics.textsMoved(texts);
    for (const { request_id, state, reason, segments } of texts)
      log.info({ request_id, state, reason: reason && wipe(reason), segments }, "text moved");
  };
  const relay = relayTexts({ parts, db, queue, breaker, onError });
  const health = readinessOf({
    db: looking,
    queue,
    queue_is: parts.queue.kind === "redis" ? "Redis" : "Postgres",
    isStopping: () => closing,
  });
  const leave = async (): Promise<void> => {
    closing = true;
    // It may be handing texts to a Redis that is away: they stay in the outbox.
    await within(relay.stop(), leave_wait_ms);
    await queue.close();
    await Promise.all([db.destroy(), looking.destroy()]);
  };
  const house: House = {
    ...{ parts, words, db, metrics, onNews, onError },
    say: sayIn(words),
    pepper: Buffer.from(parts.pin_pepper),
    nudge: relay.nudge,
    gates: makeGates(parts.connections_max),
  };
  try {
    return await open();
  } catch (error) {
    // A port that is taken, words that are missing: nothing that was opened may keep the process.
    await leave();
    throw error;
  }

  async function open(): Promise<Service> {
    await assertRole(db);
    const app = await buildApp({
      log,
      ...health,
      trusted_proxies: parts.trusted_proxies ?? [],
      takesCalls: () => !closing,
      metrics: metrics.scrape,
      callbacks: parts.role === "worker" ? undefined : callbacks(house),
    });
    const simulator =
      parts.africas_talking === undefined ? simulatorFor(parts, () => app) : undefined;
    if (parts.role !== "worker") {
      await addAdmin(app, house);
      await addPhonePage(app, parts);
    }
    if (simulator) await addSimulator(app, simulator);
    const url = await app.listen({ host: parts.host, port: parts.port });
    if (parts.role !== "web") sendTexts(house, { queue, breaker, url });
    const timed = startTimedWork(house);
    const close = async (): Promise<void> => {
      closing = true;
      simulator?.stop();
      const stopped = [queue.stop(), timed.stop()];
      await sleep(parts.drain_ms ?? 0);
      await app.close();
      await Promise.all(stopped);
      await leave();
    };
    const { doDue, forget } = timed;
    return { app, url, db, simulator, doDue, forget, close };
  }
}
