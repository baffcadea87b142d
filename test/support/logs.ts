import type { Logger } from "pino";
import { makeLog } from "../../src/log.ts";

/** A logger that keeps every line, at the most talkative level. */
export interface Logs {
  readonly log: Logger;
  readonly lines: readonly string[];
}

export function keepLogs(): Logs {
  const lines: string[] = [];
  const log = makeLog("trace", { write: (line) => void lines.push(line) });
  return { log, lines };
}
