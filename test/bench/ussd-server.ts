/**
 * The servers of the USSD bench in one Node process: three to compare with, and the service itself.
 * Told by its environment where the database is; prints one line of JSON when it listens.
 */
import formbody from "@fastify/formbody";
import Fastify, { type FastifyInstance } from "fastify";
import { sql } from "kysely";
import pino from "pino";
import UssdMenu from "ussd-menu-builder";
import { compose } from "../../src/compose/service.ts";
import { openDatabase, type Writer } from "../../src/db/database.ts";
import { readBalance } from "../../src/domain/balance.ts";
import { communityBySlug } from "../../src/domain/communities.ts";
import type { Context } from "../../src/domain/context.ts";
import { membersByPhone, type Member } from "../../src/domain/members.ts";
import { bench_pepper, bench_secret, home_text } from "./ussd-call.ts";

const database_url = process.env["BENCH_DATABASE_URL"] ?? "";
const connections_max = 20;

const service = await compose({
  host: "127.0.0.1",
  port: 0,
  role: "web",
  database_url,
  connections_max,
  queue: { kind: "postgres", url: database_url },
  africas_talking: undefined,
  callback_secret: bench_secret,
  pin_pepper: bench_pepper,
  admin_key: undefined,
  demo: [],
  now: () => new Date(),
  log: pino({ level: "error" }),
});
const others = await listenToOthers();
console.log(JSON.stringify({ ours: service.url, others: others.listeningOrigin }));

process.once("SIGTERM", () => {
  void Promise.all([service.close(), others.close()]).then(() => process.exit(0));
});

interface Fields {
  readonly sessionId: string;
  readonly phoneNumber: string;
  readonly serviceCode: string;
  readonly text: string;
}

/** Fastify by itself, with a query, and with the npm package that people build such menus with. */
async function listenToOthers(): Promise<FastifyInstance> {
  const db = openDatabase({
    url: database_url,
    connections_max,
    statement_timeout_ms: 5_000,
    onIdleError: () => undefined,
  });
  const community = await communityBySlug(db, "kisumu-manyatta");
  if (community === undefined) throw new Error("the bench has no community");
  // A pool where a transaction is asked for: it only reads, as the package's users would.
  const reading = { trx: db as unknown as Writer, community } as Context;
  const sessions = new Map<string, Record<string, unknown>>();
  const members = new Map<string, Member>();

  const app = Fastify();
  await app.register(formbody);
  app.post("/constant", (_request, reply) => reply.type("text/plain").send(`CON ${home_text}`));
  app.post("/select-1", async (_request, reply) => {
    await sql`select 1`.execute(db);
    return await reply.type("text/plain").send(`CON ${home_text}`);
  });
  app.post<{ Body: Fields }>("/menu-builder", async (request, reply) => {
    // One for each turn: it keeps what it answers in itself, and turns overlap while they read.
    const menu = menuOf(sessions, async (phone) => {
      const known =
        members.get(phone) ?? (await membersByPhone(db, reading.community.id, phone))[0];
      if (known === undefined) throw new Error("nobody has this phone");
      members.set(phone, known);
      return await readBalance(reading, known);
    });
    const answer = await menu.run(request.body);
    return await reply.type("text/plain").send(answer);
  });
  app.addHook("onClose", () => db.destroy());
  await app.listen({ host: "127.0.0.1", port: 0 });
  return await app;
}

/** Home and balance, with sessions in memory, as its README shows. */
function menuOf(
  sessions: Map<string, Record<string, unknown>>,
  balanceOf: (phone: string) => Promise<{ balance: number; cache: number; lines: string }>,
): UssdMenu {
  const menu = new UssdMenu();
  menu.sessionConfig({
    start: (id: string, done: () => void) => {
      if (!sessions.has(id)) sessions.set(id, {});
      done();
    },
    end: (id: string, done: () => void) => {
      sessions.delete(id);
      done();
    },
    set: (id: string, key: string, value: unknown, done: () => void) => {
      sessions.set(id, { ...sessions.get(id), [key]: value });
      done();
    },
    get: (id: string, key: string, done: (error: null, value: unknown) => void) =>
      done(null, sessions.get(id)?.[key]),
  });
  menu.startState({ run: () => menu.con(home_text), next: { "1": "balance" } });
  menu.state("balance", {
    run: () => {
      void balanceOf(menu.args.phoneNumber).then(({ balance, cache, lines }) =>
        menu.end(`Balance ${balance} SoCC.\nLast: ${lines}\nCommunity cache ${cache}.`),
      );
    },
  });
  return menu;
}
