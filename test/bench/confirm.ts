import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { v7 as uuid } from "uuid";
import { makePoster, type Poster } from "../support/poster.ts";
import { redisProcess } from "../support/processes.ts";
import { foundTown, type Town } from "../support/town.ts";
import { asOwner } from "./books.ts";
import { footprint, tellFootprint } from "./footprint.ts";
import { measure, median, type Case, type Figure } from "./harness.ts";
import { startPostgres } from "./postgres.ts";
import { tell } from "./report.ts";
import { startBenchServer } from "./server-process.ts";
import { bench_pepper, bench_secret } from "./ussd-call.ts";

/** Each caller is a manager of their own: one manager's acts wait for each other at their PIN. */
const clients = 32;
/** In turn: a phone may send 60 texts in a minute. */
const managers_count = 8 * clients;
const aim = 0.75;
/** More claims than any machine confirms in the time, for each second of each round. */
const claims_a_second = 250;

interface Plan {
  readonly seconds: number;
  readonly rounds: number;
}

/**
 * Measures confirmations by PIN over HTTP, from the text that comes in to the journal and the
 * receipts committed, beside bare verifications of the same PIN in the same process, and what a
 * process weighs and how soon it serves.
 * @returns whether nothing failed. A missed aim is told, but is no failure.
 */
export async function benchConfirm(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "4" },
      rounds: { type: "string", default: "5" },
      // Of libuv, where PINs are hashed; Node's own default is 4, however many cores there are.
      threads: { type: "string", default: "4" },
      // A folder for a CPU profile of the web process.
      profile: { type: "string" },
      json: { type: "string" },
    },
  });
  const plan = { seconds: Number(values.seconds), rounds: Number(values.rounds) };
  const postgres = await startPostgres(0, tell);
  if (postgres === undefined) throw new Error("a disk as it is needs no compiler");
  const redis = await redisProcess();
  await redis?.start();
  try {
    const url = postgres.url("postgres");
    tell("founding a town");
    const town = await foundTown(url, {
      members: 1_000,
      managers: managers_count,
      pepper: bench_pepper,
    });
    const codes = await writeClaims(url, town, plan.rounds * (plan.seconds + 1) * claims_a_second);
    const server = await startBenchServer<Servers>("confirm-server.ts", {
      environment: {
        BENCH_DATABASE_URL: url,
        UV_THREADPOOL_SIZE: values.threads,
        ...(redis && { BENCH_REDIS_URL: redis.url }),
      },
      profile: values.profile,
    });
    const measured = await measureAll(server.told, { ...plan, town, codes, redis_url: redis?.url });
    await server.stop();
    const confirmed = await confirmedIn(url);
    report(measured, { threads: values.threads, confirmed, on_redis: redis !== undefined });
    // A worker that has nothing to send is to be weighed.
    await asOwner(url, (owner) => owner.query("delete from message where state = 'queued'"));
    if (redis !== undefined) await empty(redis.url);
    const weighed = await footprint({ database_url: url, redis_url: redis?.url, town });
    tellFootprint(weighed, tell);
    if (values.json !== undefined) {
      const found = { at: new Date(), ...measured, weighed };
      writeFileSync(values.json, `${JSON.stringify(found, null, 2)}\n`);
    }
    return measured.confirmations.every(({ errors }) => errors === 0);
  } finally {
    await redis?.kill();
    await postgres.stop();
  }
}

/** Claims that wait, written in bulk. @returns their codes, each of them once. */
async function writeClaims(url: string, town: Town, count: number): Promise<readonly string[]> {
  const codes = Array.from({ length: count }, (_, at) => codeOf(at));
  await asOwner(url, async (owner) => {
    await owner.query(
      `insert into claim (community_id, id, code, member_id, deed_id, units, value, once,
         claimed_at, expires_at)
       select $1, c.id, c.code, c.member_id, deed.id, 1, deed.value, c.id::text, now(),
         now() + interval '1 day'
       from unnest($2::uuid[], $3::text[], $4::uuid[]) as c (id, code, member_id)
       join deed on deed.community_id = $1 and deed.code = 'GARDEN'`,
      [
        town.community_id,
        codes.map(() => uuid()),
        codes,
        codes.map((_, at) => town.members[at % town.members.length]?.id),
      ],
    );
    // What autovacuum would do in its own time.
    await owner.query("vacuum analyze claim, member, pin");
  });
  return codes;
}

const signs = "23456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A number as a claim's code: a letter, then three signs. */
const codeOf = (at: number): string =>
  [at / signs.length ** 3 + 8, at / signs.length ** 2, at / signs.length, at]
    .map((digit) => signs.charAt(Math.floor(digit) % signs.length))
    .join("");

/** Where they listen. */
interface Servers {
  readonly ours: string;
  readonly bare: string;
}

interface Measured {
  /** A second, one figure for each round. */
  readonly bare: readonly number[];
  readonly confirmations: readonly Figure[];
  /** Of the web process alone, for one verification and for one confirmation, of all rounds. */
  readonly cpu_ms: { readonly bare: number; readonly confirmation: number };
}

/** Every round measures both, one after the other. */
async function measureAll(
  at: Servers,
  plan: Plan & {
    readonly town: Town;
    readonly codes: readonly string[];
    readonly redis_url: string | undefined;
  },
): Promise<Measured> {
  const poster = makePoster({ connections: clients });
  const confirming = confirmation(poster, `${at.ours}/at/${bench_secret}/sms`, plan);
  const ask = async (path: string): Promise<unknown> => await (await fetch(at.bare + path)).json();
  // What the bench's own server says.
  const cpu = async (): Promise<number> => ((await ask("/cpu")) as { cpu_ms: number }).cpu_ms;
  const bare: number[] = [];
  const confirmations: Figure[] = [];
  const used = { bare_ms: 0, bare: 0, confirmation_ms: 0, confirmations: 0 };
  for (let round = 1; round <= plan.rounds; round += 1) {
    tell(`round ${round} of ${plan.rounds}`);
    const began = await cpu();
    const asked = await ask(`/bare?seconds=${plan.seconds}&clients=${clients}`);
    const { done, per_second } = asked as { done: number; per_second: number };
    const between = await cpu();
    const before = confirming.called();
    const once = { clients: [clients], rounds: 1, seconds: plan.seconds };
    confirmations.push(...(await measure([confirming], once, () => undefined)));
    used.bare_ms += between - began;
    used.confirmation_ms += (await cpu()) - between;
    used.bare += done;
    used.confirmations += confirming.called() - before;
    bare.push(per_second);
    // Nobody sends, and a full queue would be handed nothing more.
    if (plan.redis_url !== undefined) await empty(plan.redis_url);
  }
  poster.close();
  const cpu_ms = {
    bare: used.bare_ms / used.bare,
    confirmation: used.confirmation_ms / used.confirmations,
  };
  return { bare, confirmations, cpu_ms };
}

/** One manager after the other texts OK, the next claim's code and the PIN. */
function confirmation(
  { post }: Poster,
  url: string,
  { town, codes }: { readonly town: Town; readonly codes: readonly string[] },
): Case & { readonly called: () => number } {
  const idle = [...town.managers];
  let next = 0;
  return {
    name: "confirmation by PIN",
    per_call: 1,
    called: () => next,
    call: async () => {
      const manager = idle.shift();
      const code = codes[next++];
      if (manager === undefined || code === undefined)
        throw new Error("no manager or no claim left");
      const text = `OK ${code} ${town.pin}`;
      const fields = { id: randomUUID(), from: manager.phone, to: town.sms_number, text };
      const posted = await post(url, { ...fields, date: "2026-03-14 14:40:00" });
      idle.push(manager);
      if (posted.type !== "answered" || posted.status !== 200)
        throw new Error(`not taken: ${JSON.stringify(posted)}`);
    },
  };
}

async function empty(redis_url: string): Promise<void> {
  const redis = new Redis(redis_url);
  await redis.flushall();
  await redis.quit();
}

/** What the texts came to: their answer says only that they were taken. */
const confirmedIn = (url: string): Promise<{ journals: number; other_outcomes: number }> =>
  asOwner(url, async (owner) => {
    const { rows } = await owner.query<{ journals: number; other_outcomes: number }>(
      `select (select count(*) from ledger.journal where kind = 'earning')::integer as journals,
         (select count(*) from inbound_message where outcome <> 'ok.confirmed')::integer
           as other_outcomes`,
    );
    return rows[0] ?? { journals: 0, other_outcomes: 0 };
  });

function report(
  { bare, confirmations, cpu_ms }: Measured,
  run: {
    readonly threads: string;
    readonly confirmed: { readonly journals: number; readonly other_outcomes: number };
    readonly on_redis: boolean;
  },
): void {
  const rates = confirmations.map(({ per_second }) => per_second);
  const rate = (name: string, each: readonly number[]): void =>
    tell(
      `${name.padEnd(44)} ${median(each).toFixed(1).padStart(8)} a second  ` +
        `(${each.map((value) => value.toFixed(0)).join(" ")})`,
    );
  tell(
    `\n${clients} managers at a time, ${availableParallelism()} cores, ${run.threads} threads that ` +
      `hash, the queue on ${run.on_redis ? "Redis" : "Postgres"}`,
  );
  rate("bare argon2id verifications", bare);
  rate("confirmations by PIN over HTTP", rates);
  const p50 = median(confirmations.map(({ p50_ms }) => p50_ms));
  const p99 = median(confirmations.map(({ p99_ms }) => p99_ms));
  tell(`a confirmation takes ${p50.toFixed(0)} ms in the middle, p99 ${p99.toFixed(0)} ms`);
  tell(
    `of the web process's own: ${cpu_ms.bare.toFixed(1)} ms of a core for a verification, ` +
      `${cpu_ms.confirmation.toFixed(1)} ms for a confirmation with its own`,
  );
  const { journals, other_outcomes } = run.confirmed;
  tell(`${journals} journals posted, ${other_outcomes} texts came to anything else`);
  const found = median(rates) / median(bare);
  tell(
    `${found >= aim ? "met   " : "MISSED"}  confirmations / bare  ${found.toFixed(2)}, wanted >= ${aim}`,
  );
  const failed = confirmations.find(({ errors }) => errors > 0);
  if (failed) tell(`errors, e.g. ${failed.first_error ?? ""}`);
}
