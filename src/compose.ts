import { createHmac, createSecretKey } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { Redis } from "ioredis";
import { sql, type Kysely } from "kysely";
import { admin } from "./admin/app.ts";
import * as texting from "./commands/admit.ts";
import { recall } from "./commands/by-word.ts";
import { commands } from "./commands/index.ts";
import { app_role, NoConnection, openDatabase, type Writer } from "./db/database.ts";
import { gathered } from "./db/gather.ts";
import { CommitUnknown } from "./db/transaction.ts";
import type { DB } from "./db/types.ts";
import { sealBooks } from "./domain/books.ts";
import type { CommunityFile } from "./domain/community-file.ts";
import { doWhatIsDue } from "./domain/due.ts";
import { forgetJoinRequests } from "./domain/joining.ts";
import { forgetAnswers } from "./domain/kept-answers.ts";
import { applyDueChanges } from "./domain/menu-apply.ts";
import { noteOptOuts, optOutByProvider } from "./domain/opt-out.ts";
import { forgetWords } from "./domain/one-time-words.ts";
import { forgetSends } from "./domain/pending-sends.ts";
import * as dialling from "./flows/admit.ts";
import { africasTalking, type Account } from "./gateway/africastalking.ts";
import { makeSimulator, type Simulator } from "./gateway/simulator/simulator.ts";
import { behind, makeGates, type Gates } from "./gate.ts";
import { buildApp } from "./http/app.ts";
import { checkedWords } from "./menus.ts";
import { makeMetrics, type Metrics } from "./metrics/metrics.ts";
import { watchPool } from "./metrics/pool.ts";
import type { Callbacks } from "./http/callbacks.ts";
import { networksHold } from "./http/refusals.ts";
import { applyMissedReports, takeReports, type Report } from "./outbox/delivery.ts";
import { emptyTexts, forgetReports } from "./outbox/forget.ts";
import { sealingKey } from "./outbox/seal.ts";
import type { TextNews } from "./outbox/sending.ts";
import { phonePage } from "./pages/phone.ts";
import { readinessOf, stockOf } from "./readiness.ts";
import { sayIn } from "./say.ts";
import { sameSecret } from "./secrets.ts";
import { forgetInbound } from "./sms/forget.ts";
import { takeText, type Inbound } from "./sms/inbound.ts";
import { wipe } from "./sms/wipe.ts";
import { masked } from "./trace/masked.ts";
import { requestId } from "./trace/request.ts";
import { forgetSessions } from "./ussd/store.ts";
import { endScreen, takeTurn, type Call, type Place } from "./ussd/turn.ts";
import type { Words } from "./words/words.ts";
import { openQueue, type QueuePlace } from "./worker/queue.ts";
import { startRelay } from "./worker/relay.ts";
import { makeBreaker } from "./worker/breaker.ts";
import { sharedHealth } from "./worker/health.ts";
import { forgetAll } from "./worker/retention.ts";
import { makeSender } from "./worker/send.ts";
import { startTimed } from "./worker/timed.ts";
import { within } from "./worker/within.ts";

/** What a service is made of; everything that differs between a test, a demo and production. */
export interface Parts {
  readonly host: string;
  readonly port: number;
  readonly role: "web" | "worker" | "all";
  readonly database_url: string;
  readonly connections_max: number;
  readonly queue: QueuePlace;
  /** The simulator, mounted beside the callbacks, when absent. */
  readonly africas_talking: Omit<Account, "timeout_ms"> | undefined;
  readonly callback_secret: string;
  /** Where callbacks may come from; anywhere when absent or empty. */
  readonly callback_cidrs?: readonly string[] | undefined;
  /** Proxies that tell whom they speak for; none when absent. */
  readonly trusted_proxies?: readonly string[] | undefined;
  readonly pin_pepper: string;
  readonly admin_key: string | undefined;
  /** The communities whose people can be played at `/phone`; none outside demo mode. */
  readonly demo: readonly CommunityFile[];
  readonly now: () => Date;
  readonly log: FastifyBaseLogger;
  readonly sending?: SendingLimits | undefined;
  /** How long the words of texts are kept, and what the gateway reported of them; 90 when absent. */
  readonly texts_kept_days?: number | undefined;
  /** How long, once asked to stop, it still takes calls that come while `/readyz` says so. */
  readonly drain_ms?: number;
}

/** How texts are sent; what is absent is as in production. */
export interface SendingLimits {
  /** Texts a second that the gateway is handed by all processes together. */
  readonly per_second?: number | undefined;
  readonly gateway_timeout_ms?: number | undefined;
  /** A text that the queue lost is handed over again after this. */
  readonly again_ms?: number | undefined;
  /** How soon the simulator delivers a text again that was not answered 200. */
  readonly redeliver_ms?: number | undefined;
}

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

/** How long what was recorded may wait to be sealed. */
const seal_every_ms = 60_000;
const reports_together_max = 64;
const note_opt_outs_every_ms = 5_000;
const due_every_ms = 15_000;
const missed_reports_every_ms = 15_000;
const default_gateway_timeout_ms = 15_000;
/** How late a menu change may come into force on its day. */
const housekeeping_every_ms = 60_000;
const forget_every_ms = 60_000;
/** By then the gateway's bill of each month is checked, and a quarter's report; a dispute has a day. */
const default_texts_kept_days = 90;
/** Below the gateway's 10 s, so that a caller is told rather than cut off. */
const statement_timeout_ms = 5_000;
/** All that are in use, and each for a few milliseconds: one that is not free by then never is. */
const connection_wait_ms = 2_000;
/** For what is asked of the service's health, on a connection of its own. */
const look_timeout_ms = 1_000;
const leave_wait_ms = 1_000;

/** Builds a whole service on a migrated database and starts it. */
export async function compose(parts: Parts): Promise<Service> {
  const { log, now } = parts;
  let closing = false;
  // A connection that breaks while all of them are being closed is no news.
  const onError = (error: unknown): void =>
    log[closing ? "debug" : "error"]({ err: error }, "background work failed");
  const words = checkedWords();
  const pepper = Buffer.from(parts.pin_pepper);
  const queue = openQueue(parts.queue, onError);
  const breaker = makeBreaker(now());
  // Apart from the work, so that it is told how that stands also when all its connections are in use.
  const looking = openDatabase({
    url: parts.database_url,
    connections_max: 1,
    statement_timeout_ms: look_timeout_ms,
    onIdleError: onError,
  });
  const metrics = makeMetrics({
    stock: () => stockOf(looking, now()),
    queue: queue.size,
    gatewayClosed: () => breaker.health().open,
  });
  const db = openDatabase({
    url: parts.database_url,
    connections_max: parts.connections_max,
    statement_timeout_ms,
    connection_wait_ms,
    onIdleError: onError,
    watch: (pool) => watchPool(metrics.registry, pool),
  });
  const onNews = (texts: readonly TextNews[]): void => {
    metrics.textsMoved(texts);
    for (const { request_id, state, reason, segments } of texts)
      log.info({ request_id, state, reason: reason && wipe(reason), segments }, "text moved");
  };
  const { gateway_timeout_ms = default_gateway_timeout_ms, again_ms } = parts.sending ?? {};
  const relay = startRelay({
    db,
    queue,
    now,
    onError,
    room: breaker.room,
    alsoSweep: sharedHealth(db, breaker),
    // The answer's time, and what storing it may take.
    sending_max_ms: 3 * gateway_timeout_ms + 2 * statement_timeout_ms,
    ...(again_ms !== undefined && { again_ms }),
  });
  const { readiness, degraded } = readinessOf({
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
  const gates = makeGates(parts.connections_max);
  const house = { parts, words, db, nudge: relay.nudge, gates, metrics, onNews };
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
      readiness,
      trusted_proxies: parts.trusted_proxies ?? [],
      takesCalls: () => !closing,
      degraded,
      metrics: metrics.scrape,
      callbacks: parts.role === "worker" ? undefined : callbacks(house),
    });
    const simulator =
      parts.africas_talking === undefined ? simulatorFor(parts, () => app) : undefined;
    if (parts.role !== "worker") await addRoutes(app, house);
    if (simulator) await app.register(simulator.routes, { prefix: "/simulator" });
    const url = await app.listen({ host: parts.host, port: parts.port });

    if (parts.role !== "web") {
      const account = parts.africas_talking ?? simulatorAccount(url);
      const gateway = africasTalking({ ...account, timeout_ms: gateway_timeout_ms });
      const sealing_key = sealingKey(pepper);
      const { per_second } = parts.sending ?? {};
      const sending = { db, gateway, breaker, now, sealing_key, onHealth: relay.nudge, onNews };
      queue.work(makeSender(sending), { per_second });
    }
    const sealing = startTimed({ every_ms: seal_every_ms, work: () => sealBooks(db), onError });
    const noting = startTimed({
      every_ms: note_opt_outs_every_ms,
      work: async () => {
        if ((await noteOptOuts(db, { say: sayIn(words), pepper, now })) > 0) relay.nudge();
      },
      onError,
    });
    const doDue = async (): Promise<void> => {
      await doWhatIsDue(db, { say: sayIn(words), pepper, now });
      relay.nudge();
    };
    const due = startTimed({ every_ms: due_every_ms, work: doDue, onError });
    const reports = startTimed({
      every_ms: missed_reports_every_ms,
      work: async () => onNews(await applyMissedReports(db, now())),
      onError,
    });
    const housekeeping = startTimed({
      every_ms: housekeeping_every_ms,
      work: () => applyDueChanges(db, now()),
      onError,
    });
    const forget = (): Promise<void> => forgetWhatIsOver(db, now(), parts.texts_kept_days);
    const forgetting = startTimed({ every_ms: forget_every_ms, work: forget, onError });
    const close = async (): Promise<void> => {
      closing = true;
      simulator?.stop();
      const timed = [sealing, noting, due, reports, housekeeping, forgetting];
      const stopped = [queue.stop(), ...timed.map((each) => each.stop())];
      await sleep(parts.drain_ms ?? 0);
      await app.close();
      await Promise.all(stopped);
      await leave();
    };
    return { app, url, db, simulator, doDue, forget, close };
  }
}

/** Forgets what has been kept long enough: of each, as long as it says where it is forgotten. */
async function forgetWhatIsOver(
  db: Kysely<DB>,
  now: Date,
  texts_kept_days = default_texts_kept_days,
): Promise<void> {
  const texts_before = new Date(now.getTime() - texts_kept_days * 86_400_000);
  await forgetAll([
    () => forgetSessions(db, now),
    () => forgetAnswers(db, now),
    () => forgetSends(db, now),
    () => forgetWords(db, now),
    () => forgetJoinRequests(db, now),
    () => emptyTexts(db, texts_before),
    () => forgetReports(db, texts_before),
    () => forgetInbound(db, texts_before),
  ]);
}

/** A pooler or an option in the address may drop the role without a word; then nothing starts. */
async function assertRole(db: Kysely<DB>): Promise<void> {
  const { rows } = await sql<{ role: string }>`select current_user::text as role`.execute(db);
  if (rows[0]?.role !== app_role)
    throw new Error(`DATABASE_URL: works as ${rows[0]?.role ?? "nobody"}, wants ${app_role}`);
}

/** What the callbacks and the admin API are joined to. */
interface House {
  readonly parts: Parts;
  readonly words: Words;
  readonly db: Kysely<DB>;
  readonly nudge: () => void;
  readonly gates: Gates;
  readonly metrics: Metrics;
  readonly onNews: (texts: readonly TextNews[]) => void;
}

async function addRoutes(app: FastifyInstance, house: House): Promise<void> {
  const { parts, words, db, nudge, gates, metrics } = house;
  const { admin_key, demo, now } = parts;
  const isBootstrap = (key: string): boolean =>
    admin_key !== undefined && sameSecret(key, admin_key);
  const redis = limitsRedis(app, parts);
  const pepper = Buffer.from(parts.pin_pepper);
  const enter = async () => {
    const leave = await gates.admin.enter();
    if (leave === undefined) metrics.shed("admin");
    return leave;
  };
  const options = { db, now, say: sayIn(words), pepper, nudge, isBootstrap, redis, enter, isAway };
  await app.register(admin, options);
  if (demo.length === 0) return;
  await app.register(phonePage, {
    callbacks: `/at/${parts.callback_secret}`,
    simulator: "/simulator",
    communities: demo.map(({ slug, name, ussd_code, sms_number, languages }) => {
      return {
        slug,
        name,
        ussd_code: ussd_code ?? null,
        sms_number: sms_number ?? null,
        languages,
      };
    }),
    people: demo.flatMap(({ slug, demo_people }) =>
      demo_people.map((person) => ({ community: slug, ...person })),
    ),
  });
}

/** Joins the callbacks to what is behind them: each is counted, and let in as there is room. */
function callbacks({ parts, words, db, nudge, gates, metrics, onNews }: House): Callbacks {
  const { now, log } = parts;
  const pepper = Buffer.from(parts.pin_pepper);
  // A key made once: making one from bytes costs more than the digest.
  const digest_key = createSecretKey(pepper);
  const digest = (text: string): Buffer =>
    createHmac("sha256", digest_key).update(`session:${text}`).digest();
  const door = {
    now,
    say: sayIn(words),
    pepper,
    onTurnedAway: (why: string, from: { phone?: string; sender?: string }) => {
      const phone = masked(from.phone ?? from.sender ?? "");
      log.warn({ why, phone, request_id: requestId() }, "turned away");
    },
  };
  const find = dialling.makeFinder(door, db);
  // After an outage thousands come at once: those that wait for each other go together.
  const takeReport = gathered<Report, { outcome: "done" }>(async (reports) => {
    onNews(await takeReports(db, reports, now()));
    return reports.map(() => ({ outcome: "done" }));
  }, reports_together_max);
  const thenNudge = <T>(result: T): T => {
    nudge();
    return result;
  };
  const turning = {
    ...{ db, words, now, digest, find },
    admit: (trx: Writer, place: Place, from: Call) => dialling.admit(door, trx, place, from),
  };
  const texted = {
    ...{ db, words, commands, now, answer: texting.answer, recall },
    admit: (trx: Writer, from: Inbound) => texting.admit(door, trx, from),
  };
  const turn = (call: Call) => takeTurn(turning, call);
  const text = (inbound: Inbound) => takeText(texted, inbound);
  return {
    mayCome: networksHold(parts.callback_cidrs ?? []),
    isSecret: (given) => sameSecret(given, parts.callback_secret),
    onRefused: metrics.refused,
    takeTurn: metrics.turns(behind(gates.callbacks, async (call) => thenNudge(await turn(call)))),
    takeText: metrics.texts(
      behind(
        gates.texts,
        behind(gates.callbacks, async (inbound) => thenNudge(await text(inbound))),
      ),
    ),
    takeReport: metrics.reports(behind(gates.reports, takeReport)),
    takeOptOut: behind(gates.texts, async (optOut) => {
      await optOutByProvider(db, optOut, now());
      return { outcome: "done" };
    }),
    apologise: (why) => endScreen(why, words.in("en")),
    isUncertain: (error) => error instanceof CommitUnknown,
  };
}

const isAway = (error: unknown): boolean => error instanceof NoConnection;

/** Where calls of the admin API are counted, when there is a Redis. One that is away is not waited for. */
function limitsRedis(app: FastifyInstance, { queue, log }: Parts): Redis | undefined {
  if (queue.kind !== "redis") return undefined;
  const redis = new Redis(queue.url, { maxRetriesPerRequest: 1, commandTimeout: 500 });
  redis.on("error", (error: unknown) => log.warn({ err: error }, "calls are not counted"));
  app.addHook("onClose", () => redis.disconnect());
  return redis;
}

function simulatorFor(parts: Parts, app: () => FastifyInstance): Simulator {
  return makeSimulator({
    now: parts.now,
    short_code: parts.demo[0]?.sms_number ?? "SoCC",
    open_inbox: parts.demo.length > 0,
    redeliver_ms: parts.sending?.redeliver_ms,
    // Over HTTP, as the provider's would come.
    post: async (callback, fields) => {
      const path = `/at/${parts.callback_secret}/${callback}`;
      const body = new URLSearchParams(fields);
      const answer = await fetch(app().listeningOrigin + path, { method: "POST", body });
      return { status: answer.status, body: await answer.text() };
    },
    onError: (error) => parts.log.error({ err: error }, "the simulator could not report"),
  });
}

const simulatorAccount = (url: string): Omit<Account, "timeout_ms"> => ({
  username: "simulator",
  api_key: "simulator",
  base_url: `${url}/simulator`,
});
