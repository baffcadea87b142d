import { setTimeout as sleep } from "node:timers/promises";
import { asOwner } from "../bench/books.ts";
import { audit, type Findings } from "./audit.ts";
import type { Fault } from "./faults.ts";
import { startLoad } from "./load.ts";
import { openRecord, type PhaseCount, type Record } from "./record.ts";
import { openShape, type Shape } from "./shape.ts";
import { gatewayAt, type Gateway } from "./texts.ts";

/** What a rehearsal came to. */
export interface Rehearsed extends Findings {
  readonly phases: readonly PhaseCount[];
  /** Where the logs are, when there is something to complain of. */
  readonly kept: string | undefined;
}

/** The load without a fault, at the beginning. */
const calm = "all is well";
/** Killed processes are away for at most so long: the rest of a phase is for recovering. */
const away_max_ms = 4_000;
const people = { members: 400, managers: 4, opening_balance: 10_000 };

/**
 * Rehearses production: the load goes on while one fault follows the other, each with as much time
 * as the calm before them. Afterwards everything is held against what the callers were told.
 * @returns undefined where there is no redis-server to start.
 */
export async function rehearse(
  plan: { readonly seconds: number; readonly faults: readonly Fault[] },
  tell: (line: string) => void,
): Promise<Rehearsed | undefined> {
  const shape = await openShape(people, tell);
  if (shape === undefined) return undefined;
  let kept = true;
  try {
    const { phases, ...findings } = await runAll(shape, plan, tell);
    kept = findings.complaints.length > 0;
    return { ...findings, phases, kept: kept ? shape.dir : undefined };
  } finally {
    await shape.close(kept);
  }
}

async function runAll(
  shape: Shape,
  { seconds, faults }: { readonly seconds: number; readonly faults: readonly Fault[] },
  tell: (line: string) => void,
): Promise<Findings & { readonly phases: readonly PhaseCount[] }> {
  const gateway = gatewayAt(shape.gateway);
  const record = openRecord(calm);
  const slot_ms = (seconds * 1_000) / (faults.length + 1);
  const away_ms = Math.min(away_max_ms, slot_ms / 5);
  tell(`${calm}: ${(slot_ms / 1_000).toFixed(0)} s, and as long for each fault`);
  const load = startLoad(shape, gateway, record);
  const watch = watchTexts(gateway, record);
  try {
    await sleep(slot_ms);
    for (const fault of faults) {
      tell(`${fault.name} (${record.dialled.length + record.texted.length} acts so far)`);
      const phase = record.begin(fault.name);
      await fault.run({ shape, gateway, away_ms });
      const left_ms = slot_ms - (performance.now() - phase.began_at);
      await Promise.all([textsFlow(gateway), sleep(Math.max(0, left_ms))]);
    }
  } finally {
    await Promise.all([watch.stop(), load.stop()]);
  }
  tell("the load is over; what is on its way may arrive");
  await settled(shape, gateway, tell);
  const [known, tally] = await Promise.all([gateway.known(), gateway.tally()]);
  const findings = await audit(shape, record, { faults, gateway: known, tally });
  return { ...findings, phases: record.phases };
}

const look_every_ms = 100;
const texts_patience_ms = 120_000;

/** Waits until one text more has been accepted: the next fault comes to a whole service. */
async function textsFlow(gateway: Gateway): Promise<void> {
  const { accepted } = await gateway.tally();
  const began = performance.now();
  while (performance.now() - began < texts_patience_ms) {
    await sleep(look_every_ms);
    if ((await gateway.tally()).accepted > accepted) return;
  }
  throw new Error("no text goes out any more");
}

/** Notes for each phase the longest time in which the gateway accepted no text. */
function watchTexts(gateway: Gateway, record: Record): { readonly stop: () => Promise<void> } {
  const asked: { stopped: boolean } = { stopped: false };
  const watching = (async () => {
    let seen = { accepted: 0, at: performance.now() };
    while (!asked.stopped) {
      const { accepted } = await gateway.tally();
      const at = performance.now();
      record.noteTexts(at - seen.at);
      if (accepted > seen.accepted) seen = { accepted, at };
      await sleep(look_every_ms);
    }
  })();
  return {
    stop: async () => {
      asked.stopped = true;
      await watching;
    },
  };
}

/**
 * A worker that was killed is given up after 55 s, and what a lost queue held is handed over again
 * after 60 s; a breaker may take a little longer to try the gateway again.
 */
const settle_patience_ms = 150_000;

/** Waits until no text is on its way any more: what is then unsettled is the audit's to name. */
async function settled(
  { database_url, town }: Shape,
  gateway: Gateway,
  tell: (line: string) => void,
): Promise<void> {
  const began = performance.now();
  let told = began;
  while (performance.now() - began < settle_patience_ms) {
    const { untaken, unreported } = await gateway.known();
    const left = await asOwner(database_url, async (owner) => {
      const { rows } = await owner.query<{ count: number }>(
        `select count(*)::integer as count from message
         where community_id = $1 and (
           state in ('queued', 'sending') or state = 'sent' and gateway_id <> all ($2)
         )`,
        [town.community_id, unreported],
      );
      return rows[0]?.count ?? 0;
    });
    if (untaken.length === 0 && left === 0) return;
    if (performance.now() - told > 10_000) {
      tell(`${left} texts are still on their way`);
      told = performance.now();
    }
    await sleep(look_every_ms);
  }
}
