import { sql, type Kysely } from "kysely";
import type { Pool } from "pg";
import { app_role, openDatabase } from "../db/database.ts";
import type { DB } from "../db/types.ts";

/** Below the gateway's 10 s, so that a caller is told rather than cut off. */
export const statement_timeout_ms = 5_000;
/** All that are in use, and each for a few milliseconds: one that is not free by then never is. */
const connection_wait_ms = 2_000;
/** For what is asked of the service's health, on a connection of its own. */
const look_timeout_ms = 1_000;

/** What a process is joined to its database by. */
interface Joined {
  readonly database_url: string;
  readonly connections_max: number;
}

/** Opens the connections for the work of a process. */
export const openWork = (
  { database_url, connections_max }: Joined,
  of: {
    readonly onIdleError: (error: Error) => void;
    readonly watch: (pool: Pool) => void;
  },
): Kysely<DB> =>
  openDatabase({
    url: database_url,
    connections_max,
    statement_timeout_ms,
    connection_wait_ms,
    ...of,
  });

/**
 * Opens the connection for looking at the service. It is apart from the work, so that it is told how
 * that stands also when all its connections are in use.
 */
export const openLooking = (
  { database_url }: Joined,
  onIdleError: (error: Error) => void,
): Kysely<DB> =>
  openDatabase({
    url: database_url,
    connections_max: 1,
    statement_timeout_ms: look_timeout_ms,
    onIdleError,
  });

/** A pooler or an option in the address may drop the role without a word; then nothing starts. */
export async function assertRole(db: Kysely<DB>): Promise<void> {
  const { rows } = await sql<{ role: string }>`select current_user::text as role`.execute(db);
  if (rows[0]?.role !== app_role)
    throw new Error(`DATABASE_URL: works as ${rows[0]?.role ?? "nobody"}, wants ${app_role}`);
}
