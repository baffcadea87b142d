import { Kysely, PostgresDialect, type PostgresPool, type Transaction } from "kysely";
import pg from "pg";
import { tuneStatements } from "./statements.ts";
import type { DB } from "./types.ts";

/** Reads, and nothing more: what a query needs that changes nothing. */
export type Reader = Kysely<DB>;

/** A transaction: what everything that writes asks for, so that an act is all or nothing. */
export type Writer = Transaction<DB>;

export interface DatabaseOptions {
  readonly url: string;
  /** Most connections this process holds. */
  readonly connections_max: number;
  /** Given up after this, so that a caller is answered before the gateway hangs up (10 s). */
  readonly statement_timeout_ms: number;
  /** How long a connection is waited for; as long as a statement when absent. */
  readonly connection_wait_ms?: number;
  /** Called for a connection that broke while idle; the pool replaces it by itself. */
  readonly onIdleError: (error: Error) => void;
  /** Called with the pool before it has any connection. */
  readonly watch?: (pool: pg.Pool) => void;
}

// A count or a SoCC amount never nears 2^53, so bigint columns are read as numbers, checked.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, readSafeInteger);

function readSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond 2^53`);
  return value;
}

/** What the service works as, whoever signed in. */
export const app_role = "soccs_app";

/** Settings that an address may carry and that would win over the service's own. */
const overriding = ["options", "statement_timeout", "lock_timeout", "application_name"];

/** The address without what would undo the service's own settings. */
export function plainUrl(url: string): string {
  const plain = new URL(url);
  for (const name of overriding) plain.searchParams.delete(name);
  return plain.href;
}

/**
 * Opens a pool whose every connection works as the role soccs_app, whatever role signed in: it can
 * read, write what it was granted, and call the ledger's functions, but never write a ledger table.
 */
export function openDatabase(options: DatabaseOptions): Kysely<DB> {
  const pool = new pg.Pool({
    connectionString: plainUrl(options.url),
    max: options.connections_max,
    connectionTimeoutMillis: options.connection_wait_ms ?? options.statement_timeout_ms,
    statement_timeout: options.statement_timeout_ms,
    lock_timeout: options.statement_timeout_ms,
    idle_in_transaction_session_timeout: 2 * options.statement_timeout_ms,
    options: `-c role=${app_role}`,
    application_name: "soccs",
    types,
    // Statements that are not waited for one by one share a round trip.
    pipeline: true,
  });
  watchConnections(pool, options.onIdleError);
  pool.on("connect", tuneStatements);
  options.watch?.(pool);
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool: tellingNoConnection(pool) }) });
}

/** No connection was to be had in time, so whatever was asked of it was not even begun. */
export class NoConnection extends Error {
  override readonly name = "NoConnection";
}

const tellingNoConnection = (pool: pg.Pool): PostgresPool => ({
  connect: async () => {
    try {
      return await pool.connect();
    } catch (error) {
      throw new NoConnection("no connection to the database", { cause: error });
    }
  },
  end: () => pool.end(),
  options: pool.options,
});

/**
 * Keeps a broken connection from ending the process: one that was idle is told of, one that was in
 * use has its query rejected, and says the same again as an event nobody would hear.
 */
export function watchConnections(pool: pg.Pool, onIdleError: (error: Error) => void): void {
  pool.on("error", onIdleError);
  pool.on("connect", (client) => client.on("error", () => undefined));
}
