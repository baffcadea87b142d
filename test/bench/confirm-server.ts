/**
 * One web process for the bench of confirmations, and beside it, in the same process and so on the
 * same thread pool, bare verifications. Told by its environment where database and queue are; prints
 * one line of JSON when it listens.
 */
import Fastify from "fastify";
import pino from "pino";
import { compose } from "../../src/compose/service.ts";
import { hashPin, matchesHash } from "../../src/domain/pins.ts";
import type { QueuePlace } from "../../src/worker/queue.ts";
import { bench_pepper, bench_secret } from "./ussd-call.ts";

const database_url = process.env["BENCH_DATABASE_URL"] ?? "";
const redis_url = process.env["BENCH_REDIS_URL"];
const queue: QueuePlace =
  redis_url === undefined
    ? { kind: "postgres", url: database_url }
    : { kind: "redis", url: redis_url };

const service = await compose({
  host: "127.0.0.1",
  port: 0,
  role: "web",
  database_url,
  connections_max: 20,
  queue,
  africas_talking: { username: "bench", api_key: "nobody sends here" },
  callback_secret: bench_secret,
  pin_pepper: bench_pepper,
  admin_key: undefined,
  demo: [],
  now: () => new Date(),
  log: pino({ level: "error" }),
});

const pepper = Buffer.from(bench_pepper);
const hash = await hashPin("4826", pepper);

/** As many at a time as there are callers, each after the other. */
async function verifications(
  seconds: number,
  clients: number,
): Promise<{ done: number; per_second: number }> {
  const began = performance.now();
  let done = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - began < seconds * 1_000) {
      if (!(await matchesHash(hash, "4826", pepper)))
        throw new Error("a right PIN was found wrong");
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { done, per_second: done / ((performance.now() - began) / 1_000) };
}

const bare = Fastify();
bare.get<{ Querystring: { seconds: string; clients: string } }>(
  "/bare",
  async ({ query }) => await verifications(Number(query.seconds), Number(query.clients)),
);
/** What this process has used of the cores so far, all its threads together. */
bare.get("/cpu", () => {
  const { user, system } = process.cpuUsage();
  return { cpu_ms: (user + system) / 1_000 };
});
await bare.listen({ host: "127.0.0.1", port: 0 });
console.log(JSON.stringify({ ours: service.url, bare: bare.listeningOrigin }));

process.once("SIGTERM", () => {
  void Promise.all([service.close(), bare.close()]).then(() => process.exit(0));
});
