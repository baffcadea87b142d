import pg from "pg";
import type { World } from "./world.ts";

/** A table that nobody else can read: whoever asks it anything waits. */
export interface HeldTable {
  /** How many wait whose statement has these words. */
  readonly waiting: (words: string) => Promise<number>;
  /** Ends what those wait for, as an administrator of the database would. */
  readonly callOff: (words: string) => Promise<void>;
  readonly release: () => Promise<void>;
}

export async function holdTable({ database_url }: World, table: string): Promise<HeldTable> {
  const [holder, watcher] = [await connect(database_url), await connect(database_url)];
  await holder.query(`begin; lock table ${table} in access exclusive mode`);
  const waiters = `
    from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and strpos(query, $1) > 0
  `;
  return {
    waiting: async (words) => (await watcher.query(`select pid ${waiters}`, [words])).rows.length,
    callOff: async (words) => {
      await watcher.query(`select pg_cancel_backend(pid) ${waiters}`, [words]);
    },
    release: async () => {
      await holder.query("rollback");
      await Promise.all([holder.end(), watcher.end()]);
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}
