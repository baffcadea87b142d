import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { v7 as uuid } from "uuid";
import { openDatabase, type Reader } from "../../src/db/database.ts";
import { chart } from "../../src/ledger/chart.ts";
import { post, type Journal } from "../../src/ledger/post.ts";
import { foundTown } from "../support/town.ts";
import { alone } from "./communities.ts";
import { measure, type Case, type Figure } from "./harness.ts";
import { startPostgres } from "./postgres.ts";
import { tell } from "./report.ts";
import { startBenchServer } from "./server-process.ts";
import { bench_pepper, bench_secret, makeCaller } from "./ussd-call.ts";

const members_count = 1_000;
const lines_each = 5;
const clients = 32;

const names = {
  constant: "(a) Fastify, a constant",
  select: "(b) Fastify, select 1",
  builder: "(c) ussd-menu-builder, sessions in memory",
  ours: "(d) ours, sessions in Postgres",
} as const;

/**
 * Measures home and balance over HTTP beside three other servers in the same process.
 * @returns whether nothing failed. A missed aim is told, but is no failure.
 */
export async function benchUssd(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "3" },
      rounds: { type: "string", default: "3" },
      // A folder for a CPU profile of the servers' process, while it serves ours alone.
      profile: { type: "string" },
      json: { type: "string" },
    },
  });
  const postgres = await startPostgres(0, tell);
  if (postgres === undefined) throw new Error("a disk as it is needs no compiler");
  try {
    const url = postgres.url("postgres");
    const phones = await settle(url);
    const server = await startBenchServer<Servers>("ussd-server.ts", {
      environment: { BENCH_DATABASE_URL: url },
      profile: values.profile,
    });
    const caller = makeCaller(clients);
    const plan = {
      clients: [clients],
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
    };
    const cases = casesOf(server.told, phones, caller.call);
    const measured = values.profile === undefined ? cases : cases.slice(-1);
    const figures = await measure(measured, plan, tell);
    caller.close();
    await server.stop();
    if (values.profile === undefined) report(figures);
    else tell(JSON.stringify(figures));
    if (values.json !== undefined)
      writeFileSync(values.json, `${JSON.stringify({ at: new Date(), figures }, null, 2)}\n`);
    return figures.every(({ errors }) => errors === 0);
  } finally {
    await postgres.stop();
  }
}

/** Where they listen. */
interface Servers {
  readonly ours: string;
  readonly others: string;
}

function casesOf(
  { ours, others }: Servers,
  phones: readonly string[],
  call: (url: string, phone: string, last: RegExp) => Promise<void>,
): readonly Case[] {
  const calls = (name: string, url: string, last: RegExp): Case => ({
    name,
    per_call: 2,
    call: () => call(url, phones[Math.floor(Math.random() * phones.length)] ?? "", last),
  });
  const balance = /^END Balance 50 SoCC\.\nLast: \d+\/\d+ \+10, /;
  return [
    calls(names.constant, `${others}/constant`, /^CON/),
    calls(names.select, `${others}/select-1`, /^CON/),
    calls(names.builder, `${others}/menu-builder`, balance),
    calls(names.ours, `${ours}/at/${bench_secret}/ussd`, balance),
  ];
}

/** A community with members who have earned. @returns their phones. */
async function settle(url: string): Promise<readonly string[]> {
  tell("founding a community");
  const size = { members: members_count, managers: 1, pepper: bench_pepper };
  const { community_id, members } = await foundTown(url, size);
  const db = openDatabase({
    url,
    connections_max: 4,
    statement_timeout_ms: 60_000,
    onIdleError: ({ message }) => tell(message),
  });
  await earnAll(
    db,
    community_id,
    members.map(({ id }) => id),
  );
  await db.destroy();
  return members.map(({ phone }) => phone);
}

async function earnAll(
  db: Reader,
  community_id: string,
  members: readonly string[],
): Promise<void> {
  for (let line = 0; line < lines_each; line += 1)
    for (let at = 0; at < members.length; at += 200) {
      const journals = members.slice(at, at + 200).map((member): Journal => ({
        id: uuid(),
        once: uuid(),
        kind: "earning",
        happened_at: new Date(),
        legs: [
          { account: chart.issuance, unit: "iSoCC", amount: -10 },
          { account: member, unit: "iSoCC", amount: 10 },
        ],
        accrual: { earner: member, ratio: 5 },
      }));
      const answer = await post(alone(db), community_id, journals);
      if ("refused" in answer) throw new Error(answer.refused);
    }
}

function report(figures: readonly Figure[]): void {
  const at = (name: string): Figure => {
    const found = figures.find((figure) => figure.name === name);
    if (found === undefined) throw new Error(`${name} was not measured`);
    return found;
  };
  tell(`\nkey presses a second over HTTP, ${clients} callers; one call is two key presses`);
  for (const { name, per_second, p50_ms, p99_ms, errors, first_error } of figures) {
    const cells = [per_second.toFixed(0), p50_ms.toFixed(1), p99_ms.toFixed(1)];
    tell(name.padEnd(46) + cells.map((cell) => cell.padStart(10)).join(""));
    if (errors > 0) tell(`  ${errors} errors, e.g. ${first_error ?? ""}`);
  }
  const [ours, select, builder] = [at(names.ours), at(names.select), at(names.builder)];
  const aims = [
    ["(d) / (b)", ours.per_second / select.per_second, (found: number) => found >= 0.5, ">= 0.5"],
    ["(d) / (c)", ours.per_second / builder.per_second, (found: number) => found >= 0.8, ">= 0.8"],
    ["p99 (d) / p99 (b)", ours.p99_ms / select.p99_ms, (found: number) => found <= 3, "<= 3"],
  ] as const;
  tell("");
  for (const [text, found, met, wanted] of aims)
    tell(
      `${met(found) ? "met   " : "MISSED"}  ${text.padEnd(20)} ${found.toFixed(2)}, wanted ${wanted}`,
    );
}
