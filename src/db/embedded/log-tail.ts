import { closeSync, openSync, readSync } from "node:fs";

/** A crash, its recovery, a refused connection: what someone looks for. The rest stays in the file. */
const NOTABLE = /\b(?:FATAL|PANIC): |recovery|was interrupted|not properly shut down/;

/**
 * Passes a growing log file's notable lines on, every second and once at the start.
 * Returns the end of it. Does not keep the process alive.
 */
export function tellNotableLines(file: string, log: (line: string) => void): () => void {
  const fd = openSync(file, "r");
  const buffer = Buffer.alloc(64 * 1024);
  let unfinished = "";
  const read = () => {
    for (let size = -1; size !== 0;) {
      size = readSync(fd, buffer);
      const lines = (unfinished + buffer.toString("utf8", 0, size)).split("\n");
      unfinished = lines.pop() ?? "";
      for (const line of lines) if (NOTABLE.test(line)) log(line);
    }
  };
  read();
  const timer = setInterval(read, 1000).unref();
  return () => {
    clearInterval(timer);
    closeSync(fd);
  };
}
