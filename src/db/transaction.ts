import { sql, type Kysely } from "kysely";
import type { Writer } from "./database.ts";
import type { DB } from "./types.ts";
import { onOneWire } from "./wire.ts";

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
export const inTransaction = <T>(db: Kysely<DB>, work: (trx: Writer) => Promise<T>): Promise<T> =>
  tryAgain((progress) =>
    db.transaction().execute(async (trx) => {
      const result = await work(trx);
      progress.worked = true;
      return result;
    }),
  );

/** What a short transaction consists of. */
export interface ShortWork<F, T> {
  /** Sent along with the BEGIN. It may read and lock, and write only what may stay on its own. */
  readonly first: (trx: Writer) => Promise<F>;
  /** Its last statement is handed on unawaited, to be sent along with the COMMIT. */
  readonly then: (trx: Writer, found: F) => Promise<{ result: T; last: Promise<unknown> }>;
}

/**
 * A transaction in as few round trips as can be, for the path that every key press takes: BEGIN and
 * COMMIT travel with the statements beside them. In all else like inTransaction.
 */
export const inShortTransaction = <F, T>(db: Kysely<DB>, work: ShortWork<F, T>): Promise<T> =>
  tryAgain((progress) =>
    onOneWire(db, async (trx) => {
      try {
        // A BEGIN that failed fails the first work too, so nothing goes on outside a transaction.
        const [, found] = await bothOf(sql`begin`.execute(trx), work.first(trx));
        const { result, last } = await work.then(trx, found);
        // From here on a broken connection leaves open what was done. Should the last statement be
        // refused, this commit takes everything back.
        progress.worked = true;
        await bothOf(last, sql`commit`.execute(trx));
        return result;
      } catch (error) {
        // On a broken connection this fails as well, and the server has rolled back by itself.
        if (!progress.worked) await sql`rollback`.execute(trx).catch(() => undefined);
        throw error;
      }
    }),
  );

/** Both results; when one fails, its error once the other has ended too, for they share a wire. */
async function bothOf<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === "rejected") throw first.reason;
  if (second.status === "rejected") throw second.reason;
  return [first.value, second.value];
}

async function tryAgain<T>(attempt: (progress: { worked: boolean }) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const progress = { worked: false };
    try {
      return await attempt(progress);
    } catch (error) {
      const code = sqlState(error);
      if (tries < attempts_max && code !== undefined && passing.has(code)) continue;
      // Once the work is through, only the commit can fail. With an SQLSTATE the server said no,
      // unless it is of the class of broken connections, which a pooler may answer in its place.
      if (progress.worked && (code === undefined || code.startsWith("08")))
        throw new CommitUnknown("connection lost at the commit", { cause: error });
      throw error;
    }
  }
}

/**
 * Does work in a transaction that goes on after it, and takes back what it did where that is wanted.
 * What throws takes back the whole transaction, as everywhere.
 */
export async function rehearse<T>(
  trx: Writer,
  work: () => Promise<T>,
  isTakenBack: (result: T) => boolean,
): Promise<T> {
  await sql`savepoint rehearsal`.execute(trx);
  const result = await work();
  if (isTakenBack(result)) await sql`rollback to savepoint rehearsal`.execute(trx);
  await sql`release savepoint rehearsal`.execute(trx);
  return result;
}

/** The server's five-letter code of an error, where it has one. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const { code } = error;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}
