import pino from "pino";

/** A logger that keeps every line, at the most talkative level. */
export interface Logs {
  readonly log: pino.Logger;
  readonly lines: readonly string[];
}

export function keepLogs(): Logs {
  const lines: string[] = [];
  const log = pino(
    { level: "trace", base: null },
    { write: (line: string) => void lines.push(line) },
  );
  return { log, lines };
}
