import { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { compose, type Parts } from "../../src/compose/service.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import type { Fault } from "../../src/gateway/simulator/faults.ts";
import { makeSimulator } from "../../src/gateway/simulator/simulator.ts";
import { countTexts } from "../../src/domain/messages.ts";
import { writeTexts } from "../../src/outbox/outbox.ts";
import { keepLogs } from "../support/logs.ts";
import { openKisumu, type Kisumu } from "../support/kisumu.ts";
import { redisProcess, workerProcess, type Killable } from "../support/processes.ts";
import { listenWith } from "../support/provider.ts";

/** All of it in CI; where somebody waits for it, a part. */
const texts_count = process.env["CI"] === "true" ? 10_000 : 1_500;
const phones_count = 500;
/** Long enough that an answer which does come is not taken for none beside another test file. */
const gateway_timeout_ms = 3_000;
const callback_secret = "a-secret-in-the-callback-path";

/** What a fifth of all answers are: refused for now, lost after the text went out, or before. */
const faults: readonly Fault[] = [
  { answer: "server-error", delivers: false },
  { answer: "too-many", delivers: false },
  { answer: "busy", delivers: false },
  { answer: "broken", delivers: false },
  { answer: "broken", delivers: true },
  { answer: "reset", delivers: false },
  { answer: "reset", delivers: true },
  { answer: "hang", delivers: false },
  { answer: "hang", delivers: true },
  { answer: "html", delivers: true },
];

test("receipts survive killed workers, a lost queue and a bad gateway: none lost, none doubled", async (context) => {
  const redis = await redisProcess();
  if (redis === undefined) {
    if (process.env["CI"] === "true") throw new Error("no redis-server");
    context.skip("no redis-server on the path to kill");
    return;
  }
  await redis.start();
  onTestFinished(() => redis.kill());
  const kisumu = await openKisumu();
  onTestFinished(() => kisumu.close());

  let web = "";
  const simulator = makeSimulator({
    now: () => new Date(),
    short_code: "22551",
    open_inbox: false,
    post: async (callback, fields) => {
      const url = `${web}/at/${callback_secret}/${callback}`;
      const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
      return { status: answer.status, body: await answer.text() };
    },
    onError: (error) => {
      throw error;
    },
  });
  simulator.misbehave({ seed: 20260314, share: 0.2, faults });
  const provider = await listenWith(simulator.routes);
  onTestFinished(() => provider.close());
  const parts: Omit<Parts, "now" | "log"> = {
    host: "127.0.0.1",
    port: 0,
    role: "worker",
    database_url: kisumu.database_url,
    connections_max: 8,
    queue: { kind: "redis", url: redis.url },
    africas_talking: { username: "soccs", api_key: "a-key", base_url: provider.url },
    callback_secret,
    pin_pepper: kisumu.pepper.toString(),
    admin_key: undefined,
    demo: [],
    sending: { gateway_timeout_ms, again_ms: 3_000 },
  };
  const service = await compose({
    ...parts,
    role: "web",
    now: () => new Date(),
    log: keepLogs().log,
  });
  onTestFinished(() => service.close());
  web = service.url;
  const workers = [workerProcess(parts), workerProcess(parts)];
  onTestFinished(async () => {
    await Promise.all(workers.map((worker) => worker.kill()));
  });
  await Promise.all(workers.map((worker) => worker.start()));

  const writing = writeReceipts(kisumu);
  await misfortunes({
    workers,
    redis,
    when: (share) => reached(() => simulator.tally().sends, share * texts_count),
  });
  await writing;

  const counts = () => countTexts(kisumu.db, kisumu.community.id);
  await vi.waitFor(
    async () => expect(await counts()).toMatchObject({ queued: 0, sending: 0, sent: 0 }),
    { timeout: 90_000, interval: 250 },
  );
  const { delivered, failed, unknown } = await counts();
  const tally = simulator.tally();
  await context.annotate(`crash test: ${JSON.stringify({ delivered, failed, unknown, tally })}`);
  expect(delivered + failed + unknown).toBe(texts_count);
  expect(failed).toBe(0);
  // Every text called delivered reached its phone, and those that nobody knows of are few.
  expect(tally.delivered).toBeGreaterThanOrEqual(delivered);
  expect(unknown).toBeLessThan(texts_count * 0.2);
  expect(tally.again_after_accepted).toBe(0);
  expect(tally.delivered_twice).toBe(0);
}, 150_000);

/** Commits the receipts a few at a time, as acts do, while everything else goes wrong. */
async function writeReceipts({ db, community }: Kisumu): Promise<void> {
  const together = 25;
  for (let at = 0; at < texts_count; at += together)
    await inTransaction(db, async (trx) => {
      const texts = Array.from({ length: together }, (_, index) => {
        const number = at + index;
        return {
          recipient: `+254711${String(100_000 + (number % phones_count))}`,
          member_id: null,
          purpose: "receipt" as const,
          text: `S${number} Confirmed. You earned 3 SoCC.`,
          segments: 1,
        };
      });
      await writeTexts(trx, community.id, new Date(), texts);
    });
}

/** Five kills, two flushes and a restart, at shares of the work: never at a moment of the clock. */
async function misfortunes({
  workers,
  redis,
  when,
}: {
  workers: readonly Killable[];
  redis: Killable & { readonly url: string };
  when: (share: number) => Promise<void>;
}): Promise<void> {
  const killed = async (worker: Killable | undefined): Promise<void> => {
    await worker?.kill();
    await worker?.start();
  };
  const [first, second] = workers;
  await when(0.1);
  await killed(first);
  await when(0.2);
  await flush(redis.url);
  await when(0.25);
  await killed(second);
  await when(0.4);
  await redis.kill();
  await redis.start();
  await when(0.5);
  await Promise.all([killed(first), killed(second)]);
  await when(0.6);
  await flush(redis.url);
  await when(0.75);
  await killed(first);
}

async function flush(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  await redis.quit();
}

const reached = (count: () => number, wanted: number): Promise<void> =>
  vi.waitFor(() => expect(count()).toBeGreaterThanOrEqual(wanted), {
    timeout: 60_000,
    interval: 20,
  });
