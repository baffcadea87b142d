import type { Kysely } from "kysely";
import type { Writer } from "./database.ts";
import type { DB } from "./types.ts";

/**
 * The connection was lost while a commit was on its way: the act was done whole or not at all, and
 * nobody here can say which. Every other error of a transaction means that nothing was done.
 */
export class CommitUnknown extends Error {
  override readonly name = "CommitUnknown";
}

/** How often work is begun again when two transactions stood in each other's way. */
const attempts_max = 4;

/** serialization_failure, deadlock_detected, and the same idempotency key written at once. */
const passing = new Set(["40001", "40P01", "23505"]);

/**
 * Does the work in one transaction, and begins it again when another one stood in its way: the
 * work must have no effect outside the transaction.
 * @throws CommitUnknown, or the work's own error with nothing done.
 */
export async function inTransaction<T>(
  db: Kysely<DB>,
  work: (trx: Writer) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const progress: { worked: boolean } = { worked: false };
    try {
      return await db.transaction().execute(async (trx) => {
        const result = await work(trx);
        progress.worked = true;
        return result;
      });
    } catch (error) {
      const code = sqlState(error);
      if (attempt < attempts_max && code !== undefined && passing.has(code)) continue;
      // Once the work is through, only the commit can fail. With an SQLSTATE the server said no,
      // unless it is of the class of broken connections, which a pooler may answer in its place.
      if (progress.worked && (code === undefined || code.startsWith("08")))
        throw new CommitUnknown("connection lost at the commit", { cause: error });
      throw error;
    }
  }
}

/** The server's five-letter code of an error, where it has one. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const { code } = error;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
