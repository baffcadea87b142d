import { sql } from "kysely";
import type { Reader, Writer } from "../db/database.ts";
import { deleteOldest } from "../db/forget.ts";
import { inTransaction } from "../db/transaction.ts";

/** A write that is named, so that the same one again has no second effect. */
export interface NamedRequest {
  readonly community_id: string;
  readonly key_id: string;
  /** What the caller calls it: its Idempotency-Key. */
  readonly name: string;
  /** Keyed digest of all that was asked. */
  readonly digest: Buffer;
}

export interface KeptAnswer {
  readonly status: number;
  /** Sealed by the caller's key; null where the answer is said only once. */
  readonly answer: Buffer | null;
}

export type Acted<D, R> =
  | { readonly type: "done"; readonly done: D }
  /** The act refused: nothing was done, and nothing is kept. */
  | { readonly type: "refused"; readonly refused: R }
  | { readonly type: "repeated"; readonly kept: KeptAnswer }
  /** The name belongs to another request. */
  | { readonly type: "name-taken" };

export type Work<D, R> = (
  trx: Writer,
) => Promise<{ readonly done: D; readonly keep: KeptAnswer } | { readonly refused: R }>;

/** How long a request can be repeated under its name. */
export const kept_hours = 24;

/** Ends a transaction with nothing done; never leaves this file. */
class Undo<R> extends Error {
  readonly refused: R;
  constructor(refused: R) {
    super("refused");
    this.refused = refused;
  }
}

/**
 * Does an act in one transaction, all or nothing; under a name, once. Two requests of one name at
 * the same moment wait for each other, and the second gets the answer of the first.
 * @throws CommitUnknown when nobody can say whether it was done: the same name again will tell.
 */
export async function actOnce<D, R>(
  db: Reader,
  spec: { readonly request: NamedRequest | undefined; readonly now: Date },
  work: Work<D, R>,
): Promise<Acted<D, R>> {
  const { request, now } = spec;
  try {
    return await inTransaction(db, async (trx) => {
      if (request !== undefined) {
        const before = await answeredBefore(trx, request, now);
        if (before !== undefined) return before;
      }
      const result = await work(trx);
      if ("refused" in result) throw new Undo(result.refused);
      if (request !== undefined) await keep(trx, request, result.keep, now);
      return { type: "done", done: result.done };
    });
  } catch (error) {
    if (error instanceof Undo) return { type: "refused", refused: error.refused as R };
    throw error;
  }
}

type Before = Extract<Acted<never, never>, { type: "repeated" | "name-taken" }>;

async function answeredBefore(
  trx: Writer,
  { community_id, key_id, name, digest }: NamedRequest,
  now: Date,
): Promise<Before | undefined> {
  // Requests of one name wait here; held until the transaction ends, by a few callers at most.
  await sql`
    select pg_advisory_xact_lock(hashtextextended(${[community_id, key_id, name].join(" ")}, 0))
  `.execute(trx);
  const kept = await trx
    .selectFrom("kept_answer")
    .select(["request_digest", "status", "answer"])
    .where("community_id", "=", community_id)
    .where("key_id", "=", key_id)
    .where("name", "=", name)
    .where("kept_at", ">", hoursBefore(now))
    .executeTakeFirst();
  if (kept === undefined) return undefined;
  const { request_digest, ...answer } = kept;
  return request_digest.equals(digest)
    ? { type: "repeated", kept: answer }
    : { type: "name-taken" };
}

async function keep(
  trx: Writer,
  { digest, ...named }: NamedRequest,
  answer: KeptAnswer,
  now: Date,
): Promise<void> {
  const { community_id, key_id, name } = named;
  // One that has had its day may still be there.
  await trx
    .deleteFrom("kept_answer")
    .where("community_id", "=", community_id)
    .where("key_id", "=", key_id)
    .where("name", "=", name)
    .execute();
  await trx
    .insertInto("kept_answer")
    .values({ ...named, ...answer, request_digest: digest, kept_at: now })
    .execute();
}

const forgotten_at_once = 1_000;

/** Forgets answers that have had their day, the oldest first. @returns how many. */
export const forgetAnswers = (db: Reader, now: Date): Promise<number> =>
  deleteOldest(db, "kept_answer", {
    key: ["community_id", "key_id", "name"],
    by: "kept_at",
    before: hoursBefore(now),
    at_once: forgotten_at_once,
  });

const hoursBefore = (now: Date): Date => new Date(now.getTime() - kept_hours * 3_600_000);
