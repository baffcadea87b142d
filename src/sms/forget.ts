import { sql, type Kysely } from "kysely";
import type { DB } from "../db/types.ts";

const batch = 1_000;

/**
 * Deletes texts that came in and whose time is over, the oldest first; what they did is elsewhere.
 * @returns how many.
 */
export async function forgetInbound(db: Kysely<DB>, received_before: Date): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from inbound_message where (community_id, gateway_id) in (
      select community_id, gateway_id from inbound_message
      where received_at < ${received_before}
      order by received_at
      limit ${batch}
      for update skip locked
    )
  `.execute(db);
  return Number(numAffectedRows ?? 0);
}
