import { sql } from "kysely";
import type { Writer } from "../db/database.ts";

/**
 * Marks every text whose fate a restored backup cannot know: what waited or was on its way when it was
 * made may have been sent since, so none of it is sent again blindly (R34), and an operator settles
 * it or sends it again. It gets a name in place of the gateway's, so that a report of a text that was
 * sent since, of which nothing is known here, is not taken for its report.
 * @returns how many.
 */
export async function doubtUnsent(
  trx: Writer,
  { made_at, now }: { made_at: Date; now: Date },
): Promise<number> {
  const reason = `may have been sent: restored from a backup of ${made_at.toISOString()}`;
  const { numAffectedRows } = await sql`
    update message
    set reason = case when state = 'unknown' then reason else ${reason} end,
      state = 'unknown', due_at = null, updated_at = ${now},
      gateway_id = 'restored:' || id::text
    where state in ('queued', 'sending') or (state = 'unknown' and gateway_id is null)
  `.execute(trx);
  return Number(numAffectedRows ?? 0);
}
