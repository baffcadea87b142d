import type { Reader } from "../db/database.ts";
import { sealJournals } from "../ledger/seal.ts";
import { verify, type Verification } from "../ledger/verify.ts";
import type { Community } from "./communities.ts";

/** Recomputes a community's books from its entries (R35). */
export const verifyBooks = (db: Reader, community: Community): Promise<Verification> =>
  verify(db, community.id);

/** Seals what every community recorded since it was last sealed. */
export async function sealBooks(db: Reader): Promise<void> {
  const communities = await db.selectFrom("community").select("id").execute();
  for (const { id } of communities) await sealJournals(db, id);
}
