import { quantile } from "../bench/harness.ts";
import type { PhaseCount } from "./record.ts";
import type { Rehearsed } from "./rehearsal.ts";

/** Most complaints that are told one by one. */
const told_max = 20;

export function report(
  { complaints, counts, phases, kept }: Rehearsed,
  tell: (line: string) => void,
): void {
  tell("");
  const heads = ["presses", "p50 ms", "p99 ms", "apologies", "cut", "in error"];
  tell(row(["", ...heads, "dialling back after", "no text for up to"]));
  for (const phase of phases) tell(row(cellsOf(phase)));
  tell("");
  for (const [name, count] of Object.entries(counts)) tell(`${name.padEnd(30)} ${count}`);
  tell("");
  for (const complaint of complaints.slice(0, told_max)) tell(`WRONG  ${complaint}`);
  if (complaints.length > told_max) tell(`and ${complaints.length - told_max} more`);
  tell(
    kept === undefined
      ? "nothing lost, nothing doubled, every press answered"
      : `the logs are kept in ${kept}`,
  );
}

function cellsOf(phase: PhaseCount): readonly string[] {
  const { name, took_ms, apologies, cut, late, wrong, began_at, last_bad_at, texts_pause_ms } =
    phase;
  const sorted = took_ms.toSorted((a, b) => a - b);
  const bad = apologies + cut + late + wrong;
  const inSeconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  const share = `${((100 * bad) / Math.max(1, took_ms.length)).toFixed(1)} %`;
  return [
    name,
    String(took_ms.length),
    ...[0.5, 0.99].map((q) => quantile(sorted, q).toFixed(0)),
    ...[apologies, cut].map(String),
    share,
    last_bad_at === undefined ? "at once" : inSeconds(last_bad_at - began_at),
    inSeconds(texts_pause_ms),
  ];
}

const row = ([name = "", ...cells]: readonly string[]): string =>
  name.padEnd(34) + cells.map((cell, at) => cell.padStart(at < 6 ? 11 : 21)).join("");
