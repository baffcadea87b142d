import { parseArgs } from "node:util";

export interface Options {
  /** How long a case is measured at a time. */
  readonly seconds: number;
  /** How often each case is measured; the median is told. */
  readonly rounds: number;
  /** Callers at a time, each case with each. */
  readonly clients: readonly number[];
  /** Entries in the books that reads are measured on. */
  readonly book_sizes: readonly number[];
  /** How much slower every sync to disk is made. */
  readonly slow_commits_ms: number;
  /** Where the figures go as JSON. */
  readonly json?: string;
}

/** @throws on an option it does not know, or a number that is none. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "2" },
      rounds: { type: "string", default: "3" },
      clients: { type: "string", default: "1,8,32" },
      "slow-commits": { type: "string", default: "0" },
      "ten-million": { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  return {
    seconds: positive(values.seconds),
    rounds: positive(values.rounds),
    clients: values.clients.split(",").map(positive),
    book_sizes: [10_000, 1_000_000, ...(values["ten-million"] ? [10_000_000] : [])],
    slow_commits_ms: values["slow-commits"] === "0" ? 0 : positive(values["slow-commits"]),
    ...(values.json !== undefined && { json: values.json }),
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`not a number above 0: ${text}`);
  return value;
}
