import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

/** A report reads every journal of its months: longer than a key press may take, and not for ever. */
const statement_timeout_ms = 60_000;

/** Reads one moment of the database, so that everything read agrees; nothing can be written. */
export const inSnapshot = <T>(db: Reader, read: (trx: Reader) => Promise<T>): Promise<T> =>
  db
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute(async (trx) => {
      await sql`set local statement_timeout = ${sql.lit(statement_timeout_ms)}`.execute(trx);
      return await read(trx);
    });
