import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** The most memory that was in use at a time, in MB. */
export interface Peak {
  readonly postgres_mb: number;
  readonly node_mb: number;
}

const look_every_ms = 100;

/**
 * Watches what a database's backends, parallel workers among them, have to themselves, and how much
 * this process grows. Linux only: elsewhere the backends' memory is not a number.
 */
export async function watchMemory(url: string): Promise<{ stop: () => Promise<Peak> }> {
  const client = new pg.Client(url);
  await client.connect();
  const before = process.memoryUsage().rss;
  let peak: Peak = { postgres_mb: 0, node_mb: 0 };
  const asked: { stopped: boolean } = { stopped: false };
  const look = async (): Promise<void> => {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    const each = await Promise.all(rows.map(({ pid }) => ownMemoryOf(pid)));
    const postgres = each.reduce((sum, mb) => sum + mb, 0);
    const node = (process.memoryUsage().rss - before) / 1e6;
    peak = {
      postgres_mb: Math.max(peak.postgres_mb, postgres),
      node_mb: Math.max(peak.node_mb, node),
    };
  };
  const watching = (async () => {
    while (!asked.stopped) {
      await look();
      await sleep(look_every_ms);
    }
  })();
  return {
    stop: async () => {
      asked.stopped = true;
      await watching;
      await client.end();
      return peak;
    },
  };
}

/** Anonymous memory of a process, in MB; 0 when it has just ended. */
async function ownMemoryOf(pid: number): Promise<number> {
  if (process.platform !== "linux") return NaN;
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1_000;
}
