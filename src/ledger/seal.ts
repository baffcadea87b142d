import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

/**
 * Seals what a community recorded since its last seal. Several processes may call it at once.
 * @returns how many journals were sealed.
 */
export async function sealJournals(db: Reader, community_id: string): Promise<number> {
  let sealed = 0;
  for (;;) {
    const { rows } = await sql<{ journals: number }>`
      select ledger.seal_next(${community_id}) as journals
    `.execute(db);
    const journals = rows[0]?.journals ?? 0;
    if (journals === 0) return sealed;
    sealed += journals;
  }
}
