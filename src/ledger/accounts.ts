import { sql } from "kysely";
import type { Writer } from "../db/database.ts";

/** Opens a community's system accounts. Doing it again changes nothing. */
export async function openCommunity(trx: Writer, community_id: string): Promise<void> {
  await sql`select ledger.open_community(${community_id})`.execute(trx);
}

/** Opens the account of a member, a vendor or a group, under its owner's own id. */
export async function openAccount(
  trx: Writer,
  community_id: string,
  owner: { id: string; kind: "member" | "vendor" | "group" },
): Promise<void> {
  await sql`select ledger.open_account(${community_id}, ${owner.id}, ${owner.kind})`.execute(trx);
}
