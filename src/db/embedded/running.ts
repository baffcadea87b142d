import { join } from "node:path";
import { SUPERUSER } from "./cluster.ts";
import { passwordFile } from "./places.ts";
import { isPostmasterOf, readIfThere } from "./processes.ts";

/**
 * The address of the embedded Postgres that another process runs on this data folder, for a command
 * beside a running service; undefined when none runs there.
 */
export async function runningEmbedded(dir: string): Promise<string | undefined> {
  const cluster = join(dir, "postgres");
  // Line 1 is the postmaster's pid, line 4 its port, as pg_ctl reads them.
  const lines = readIfThere(join(cluster, "postmaster.pid"))?.split("\n") ?? [];
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  const password = readIfThere(passwordFile(dir))?.trim();
  if (!pid || !port || password === undefined) return undefined;
  if (!(await isPostmasterOf(pid, cluster))) return undefined;
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
}
