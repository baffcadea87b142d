import { names } from "./cases.ts";
import type { Figure } from "./harness.ts";

/** One thing the ledger is held to, as it came out. */
export interface Aim {
  readonly text: string;
  readonly wanted: string;
  readonly found: number;
  readonly met: boolean;
}

/** What the ledger is held to (architecture.md, "Ledger"), at the most clients of the run. */
export function judge(figures: readonly Figure[], book_sizes: readonly number[]): readonly Aim[] {
  const most = Math.max(...figures.map(({ clients }) => clients));
  const at = (name: string, clients = most) => {
    const figure = figures.find((each) => each.name === name && each.clients === clients);
    if (figure === undefined) throw new Error(`${name} was not measured with ${clients} clients`);
    return figure;
  };
  const floor = at(names.floor);
  const earning = at(names.earning);
  const [smallest = 0, ...larger] = book_sizes;
  const largest = larger.at(-1) ?? smallest;
  const few = Math.min(...figures.map(({ clients }) => clients));
  // A read's time when nothing else runs: how deep the books are, not how busy the machine is.
  const slower = (name: (entries: number) => string) =>
    at(name(largest), few).p50_ms / at(name(smallest), few).p50_ms;
  return [
    atLeast(0.45, "earning in 1 community / floor", earning.per_second / floor.per_second),
    atLeast(
      0.9,
      "earning in 1 community / in 100",
      earning.per_second / at(names.earning_among_100).per_second,
    ),
    atMost(20, "p99 of an earning / p99 of the floor", earning.p99_ms / floor.p99_ms),
    atLeast(
      2,
      "32 journals a call / single calls, in journals a second",
      at(names.earnings(32)).per_second / earning.per_second,
    ),
    atMost(1.2, "balance in the largest books / the smallest", slower(names.balance)),
    atMost(1.2, "last five lines in the largest books / the smallest", slower(names.lines)),
  ];
}

const atLeast = (aim: number, text: string, found: number): Aim => ({
  text,
  wanted: `>= ${aim}`,
  found,
  met: found >= aim,
});

const atMost = (aim: number, text: string, found: number): Aim => ({
  text,
  wanted: `<= ${aim}`,
  found,
  met: found <= aim,
});
