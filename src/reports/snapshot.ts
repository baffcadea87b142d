import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

/** A report reads every journal of its months: longer than a key press may take, and not for ever. */
const statement_timeout_ms = 60_000;

/** Reads one moment of the database, so that everything read agrees; nothing can be written. */
export const atOneMoment = <T>(db: Reader, read: (trx: Reader) => Promise<T>): Promise<T> =>
  db
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute(async (trx) => {
      const timeout = String(statement_timeout_ms);
      await sql`select set_config('statement_timeout', ${timeout}, true)`.execute(trx);
      return await read(trx);
    });

/**
 * The same, for what goes through all journals.
 *
 * Postgres takes the journals of one kind for a handful, and would look through all claims once for
 * each: forty thousand of them took more than a minute. Joined whole, they take half a second. What
 * then looks dear to it is not worth compiling.
 */
export const inSnapshot = <T>(db: Reader, read: (trx: Reader) => Promise<T>): Promise<T> =>
  atOneMoment(db, async (trx) => {
    await sql`
      select set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)
    `.execute(trx);
    return await read(trx);
  });
