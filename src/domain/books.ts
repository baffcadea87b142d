import type { Reader } from "../db/database.ts";
import { verify, type Verification } from "../ledger/verify.ts";
import type { Community } from "./communities.ts";

/** Recomputes a community's books from its entries (R35). */
export const verifyBooks = (db: Reader, community: Community): Promise<Verification> =>
  verify(db, community.id);
