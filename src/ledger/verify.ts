import assert from "node:assert/strict";
import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

/** One place where the books do not agree with themselves. */
export interface Mismatch {
  readonly check: string;
  readonly account_id: string | null;
  readonly stripe: number | null;
  readonly journal_id: string | null;
  readonly wanted: string | null;
  readonly found: string | null;
}

export interface Verification {
  readonly ok: boolean;
  readonly journals: number;
  readonly entries: number;
  readonly accounts: number;
  /** The first hundred. */
  readonly mismatches: readonly Mismatch[];
}

const mismatches_max = 100;

/**
 * Recomputes everything a community's ledger says of itself from its entries, inside Postgres: what
 * is recomputed is told in migrations/0006_ledger_verify.sql.
 * @param limit_ms as long as it may take; without end when absent.
 * @throws query_canceled at the end of its time.
 */
export async function verify(
  db: Reader,
  community_id: string,
  limit_ms = 0,
): Promise<Verification> {
  const { mismatches, ...counts } = await db
    .transaction()
    // One snapshot: postings go on meanwhile.
    .setIsolationLevel("repeatable read")
    .execute(async (trx) => {
      // A full recomputation takes longer than anything else may; it is one statement for its limit.
      await sql`select set_config('statement_timeout', ${String(limit_ms)}, true)`.execute(trx);
      const { rows } = await sql<Omit<Verification, "ok">>`
        select
          (select count(*) from ledger.journal where community_id = ${community_id}) as journals,
          (select count(*) from ledger.entry where community_id = ${community_id}) as entries,
          (select count(*) from ledger.account where community_id = ${community_id}) as accounts,
          (
            select coalesce(jsonb_agg(m), '[]')
            from (select * from ledger.mismatches(${community_id}) limit ${mismatches_max}) as m
          ) as mismatches
      `.execute(trx);
      const [row] = rows;
      assert(row !== undefined, "a recomputation answers one row");
      return row;
    });
  return { ok: mismatches.length === 0, ...counts, mismatches };
}
