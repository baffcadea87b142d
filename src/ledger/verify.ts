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
 */
export async function verify(db: Reader, community_id: string): Promise<Verification> {
  return await db
    .transaction()
    // One snapshot: postings go on meanwhile.
    .setIsolationLevel("repeatable read")
    .execute(async (trx) => {
      // A full recomputation may take longer than any caller waits.
      await sql`set local statement_timeout = 0`.execute(trx);
      const { rows: mismatches } = await sql<Mismatch>`
        select * from ledger.mismatches(${community_id}) limit ${mismatches_max}
      `.execute(trx);
      const { rows } = await sql<Omit<Verification, "ok" | "mismatches">>`
        select
          (select count(*) from ledger.journal where community_id = ${community_id}) as journals,
          (select count(*) from ledger.entry where community_id = ${community_id}) as entries,
          (select count(*) from ledger.account where community_id = ${community_id}) as accounts
      `.execute(trx);
      const counts = rows[0] ?? { journals: 0, entries: 0, accounts: 0 };
      return { ok: mismatches.length === 0, ...counts, mismatches };
    });
}
