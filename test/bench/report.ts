import { writeFileSync } from "node:fs";
import type { Aim } from "./aims.ts";
import { names } from "./cases.ts";
import type { Figure } from "./harness.ts";

/** Everything a run found. */
export interface Result {
  readonly server: string;
  readonly slow_commits_ms: number;
  readonly figures: readonly Figure[];
  readonly aims: readonly Aim[];
  readonly deadlocks: number;
  /** Mismatches that ledger verify found after the load. */
  readonly mismatches: number;
  readonly journals_verified: number;
  readonly verifying: readonly Verifying[];
}

/** Recomputing whole books: how long it took, and the most memory it had to itself. */
export interface Verifying {
  readonly entries: number;
  readonly journals_sealed: number;
  readonly seconds: number;
  /** Of Postgres: its backends' own memory, shared buffers not counted. */
  readonly postgres_mb: number;
  readonly node_mb: number;
}

/** The one place that prints. */
export function tell(line: string): void {
  console.log(line);
}

export function report(result: Result): void {
  const { server, slow_commits_ms, figures, aims, deadlocks } = result;
  tell(`\n${server}, default durability; syncs made ${slow_commits_ms} ms slower`);
  for (const clients of new Set(figures.map((figure) => figure.clients))) {
    tell("");
    tellClients(figures.filter((figure) => figure.clients === clients));
  }
  tell("");
  for (const { text, wanted, found, met } of aims) {
    tell(`${met ? "met   " : "MISSED"}  ${text.padEnd(56)} ${found.toFixed(2)}, wanted ${wanted}`);
  }
  tell("");
  for (const { name, clients, errors, first_error } of figures) {
    if (errors > 0) tell(`${name}, ${clients} clients: ${errors} errors, e.g. ${first_error}`);
  }
  for (const { entries, journals_sealed, seconds, postgres_mb, node_mb } of result.verifying)
    tell(
      `verify of ${entries} entries, ${journals_sealed} journals sealed: ${seconds.toFixed(1)} s, ` +
        `Postgres ${postgres_mb.toFixed(0)} MB, Node ${node_mb.toFixed(0)} MB more than before`,
    );
  tell(`verify: ${result.journals_verified} journals, ${result.mismatches} mismatches`);
  tell(`deadlocks: ${deadlocks}`);
}

export function writeJson(path: string, result: Result): void {
  const at = new Date().toISOString();
  writeFileSync(path, `${JSON.stringify({ at, ...result }, null, 2)}\n`);
}

function tellClients(figures: readonly Figure[]): void {
  const floor = figures.find(({ name }) => name === names.floor)?.per_second ?? NaN;
  const [first] = figures;
  tell(row([`${first?.clients ?? 0} clients`, "per second", "/ floor", "p50 ms", "p99 ms"]));
  for (const { name, per_second, p50_ms, p99_ms } of figures) {
    const ratio = (per_second / floor).toFixed(2);
    tell(row([name, per_second.toFixed(0), ratio, p50_ms.toFixed(2), p99_ms.toFixed(2)]));
  }
}

const row = ([name = "", ...cells]: readonly string[]): string =>
  name.padEnd(36) + cells.map((cell) => cell.padStart(12)).join("");
