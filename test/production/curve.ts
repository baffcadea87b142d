import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "../bench/harness.ts";
import { makePoster } from "../support/poster.ts";
import { openCall, type Line } from "./line.ts";
import type { Seen } from "./record.ts";
import { openShape, type Shape } from "./shape.ts";

/** Callers at a time. */
const steps = [10, 50, 100, 200, 500, 1_000, 2_000];
/** More than any step's calls need, so that no phone calls too often. */
const people = { members: 5_000, managers: 1, opening_balance: 100 };
/** Between two steps: what one left behind is not the next one's. */
const pause_ms = 3_000;

interface Step {
  readonly callers: number;
  readonly seconds: number;
  /** How long each press took that was answered with the screen it asked for, the shortest first. */
  readonly served_ms: readonly number[];
  /** And of those that were ended with a request to try again. */
  readonly turned_away_ms: readonly number[];
  /** Broken or unanswered within ten seconds. */
  readonly failed: number;
}

/**
 * Dials for the balance from more and more phones at a time, each as soon as its last call is over.
 * @returns whether there was a redis-server to do it with.
 */
export async function curve(seconds: number, tell: (line: string) => void): Promise<boolean> {
  const shape = await openShape(people, tell);
  if (shape === undefined) return false;
  try {
    tell(
      row(["callers", "served a second", "p50 ms", "p99 ms", "try again", "in p99 ms", "failed"]),
    );
    for (const callers of [...steps, steps[0] ?? 1]) {
      tellStep(await run(shape, callers, seconds), tell);
      await sleep(pause_ms);
    }
  } finally {
    await shape.close(false);
  }
  return true;
}

async function run({ town, callbacks }: Shape, callers: number, seconds: number): Promise<Step> {
  const poster = makePoster({ connections: callers });
  const served_ms: number[] = [];
  const turned_away_ms: number[] = [];
  let failed = 0;
  const timed: Line["onSeen"] = async (press) => {
    const began = performance.now();
    const seen = await press();
    const took_ms = performance.now() - began;
    if (isServed(seen)) served_ms.push(took_ms);
    else if (seen.type === "cut" || seen.type === "late" || seen.type === "wrong") failed += 1;
    else turned_away_ms.push(took_ms);
    return seen;
  };
  const { ussd_code } = town;
  const line: Line = { poster, url: `${callbacks}/ussd`, ussd_code, onSeen: timed };
  const began = performance.now();
  let next = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - began < seconds * 1_000) {
      const { phone } = town.members[next++ % town.members.length]!;
      const { press } = openCall(line, phone);
      if ((await press("")).type === "con") await press("1");
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const took_s = (performance.now() - began) / 1_000;
  poster.close();
  for (const times of [served_ms, turned_away_ms]) times.sort((a, b) => a - b);
  return { callers, seconds: took_s, served_ms, turned_away_ms, failed };
}

/** The home screen, the offer of a call that broke off, or the balance. */
const isServed = (seen: Seen): boolean =>
  seen.type === "con" || (seen.type === "end" && seen.text.startsWith("Balance "));

function tellStep(step: Step, tell: (line: string) => void): void {
  const { callers, seconds, served_ms, turned_away_ms, failed } = step;
  const presses = served_ms.length + turned_away_ms.length + failed;
  const share = (count: number): string => `${((100 * count) / presses).toFixed(1)} %`;
  tell(
    row([
      String(callers),
      (served_ms.length / seconds).toFixed(0),
      inMs(quantile(served_ms, 0.5)),
      inMs(quantile(served_ms, 0.99)),
      share(turned_away_ms.length),
      inMs(quantile(turned_away_ms, 0.99)),
      share(failed),
    ]),
  );
}

const inMs = (value: number): string => (Number.isNaN(value) ? "-" : value.toFixed(0));

const row = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(16)).join("");
