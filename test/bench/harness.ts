import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** Something that is measured. */
export interface Case {
  readonly name: string;
  /** What one call counts for; 1 unless it does several things at once. */
  readonly per_call: number;
  /** Does it once. @throws when it did not succeed: that fails the bench. */
  readonly call: () => Promise<void>;
}

/** A case at a number of clients, in the middle of its rounds. */
export interface Figure {
  readonly name: string;
  readonly clients: number;
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly errors: number;
  readonly first_error?: string;
}

interface Plan {
  readonly clients: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
}

/** Unmeasured, before each measurement: connections the pool had dropped, plans, caches. */
const warm_up_s = 0.4;
/** Between cases: what one left to be written is not the next one's to wait for. */
const pause_ms = 100;

/**
 * Measures cases side by side: every round runs every case once, so that what the machine does
 * besides falls on all of them.
 */
export async function measure(
  cases: readonly Case[],
  plan: Plan,
  tell: (line: string) => void,
): Promise<readonly Figure[]> {
  const figures = new Map<string, Figure[]>();
  for (let round = 1; round <= plan.rounds; round += 1) {
    tell(`round ${round} of ${plan.rounds}`);
    for (const clients of plan.clients) {
      for (const case_ of cases) {
        const key = `${case_.name} ${clients}`;
        const warm = await run(case_, clients, warm_up_s);
        const figure = await run(case_, clients, plan.seconds);
        figures.set(key, [...(figures.get(key) ?? []), withErrorsOf(warm, figure)]);
        await sleep(pause_ms);
      }
    }
  }
  return [...figures.values()].map(middle);
}

/** Calls as many at a time as there are clients, each as soon as its last call is answered. */
async function run(case_: Case, clients: number, seconds: number): Promise<Figure> {
  const latencies: number[] = [];
  const errors: string[] = [];
  const begun = performance.now();
  const client = async () => {
    while (performance.now() - begun < seconds * 1000 && errors.length < 100) {
      const called = performance.now();
      try {
        await case_.call();
        latencies.push(performance.now() - called);
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const took_s = (performance.now() - begun) / 1000;
  latencies.sort((a, b) => a - b);
  return {
    name: case_.name,
    clients,
    per_second: (latencies.length * case_.per_call) / took_s,
    p50_ms: quantile(latencies, 0.5),
    p99_ms: quantile(latencies, 0.99),
    errors: errors.length,
    ...(errors[0] !== undefined && { first_error: errors[0] }),
  };
}

/** An error while warming up is an error. */
const withErrorsOf = (warm: Figure, figure: Figure): Figure => ({
  ...warm,
  ...figure,
  errors: warm.errors + figure.errors,
});

function middle(rounds: readonly Figure[]): Figure {
  const [first] = rounds;
  assert(first !== undefined, "every case is measured at least once");
  const failed = rounds.find(({ errors }) => errors > 0);
  const of = (pick: (figure: Figure) => number) => median(rounds.map(pick));
  return {
    ...(failed ?? first),
    per_second: of(({ per_second }) => per_second),
    p50_ms: of(({ p50_ms }) => p50_ms),
    p99_ms: of(({ p99_ms }) => p99_ms),
    errors: rounds.reduce((sum, { errors }) => sum + errors, 0),
  };
}

/** @param sorted ascending; NaN when empty. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}

/** Of an even number, the mean of the middle two: else the better rate would go with the worse p99. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const below = sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
  return (below + (sorted[Math.floor(sorted.length / 2)] ?? NaN)) / 2;
}
