import type { Reader } from "../db/database.ts";
import { sealJournals, unsealedCommunities } from "../ledger/seal.ts";
import { sqlState } from "../db/transaction.ts";
import { verify, type Verification } from "../ledger/verify.ts";
import type { Community } from "./communities.ts";
import { doEach } from "./do-each.ts";

export type BooksVerified =
  | { readonly type: "verified"; readonly books: Verification }
  /** It was given up: what it would have found is not known. */
  | { readonly type: "not-in-time" };

/** Recomputes a community's books from its entries (R35), for as long as somebody waits for it. */
export async function verifyBooks(
  db: Reader,
  community: Pick<Community, "id">,
  limit_ms: number,
): Promise<BooksVerified> {
  try {
    return { type: "verified", books: await verify(db, community.id, limit_ms) };
  } catch (error) {
    if (sqlState(error) === query_canceled) return { type: "not-in-time" };
    throw error;
  }
}

/** By Postgres at the end of its time, or by its administrator. */
const query_canceled = "57014";

/**
 * Seals what every community recorded since it was last sealed; those that recorded nothing cost one
 * statement together.
 * @param stop ends it between two communities; what is left comes next time.
 * @throws AggregateError when some could not be; the others are sealed all the same.
 */
export const sealBooks = async (db: Reader, stop: AbortSignal): Promise<void> =>
  await doEach(await unsealedCommunities(db), stop, async (id) => {
    await sealJournals(db, id, stop);
  });

export interface CommunityBooks {
  readonly slug: string;
  readonly books: Verification;
}

/**
 * Recomputes the books of every community, or of the one with this slug, one after the other, however
 * long it takes.
 */
export async function verifyAll(db: Reader, slug?: string): Promise<readonly CommunityBooks[]> {
  const communities = await db
    .selectFrom("community")
    .select(["id", "slug"])
    .$if(slug !== undefined, (query) => query.where("slug", "=", slug ?? ""))
    .orderBy("slug")
    .execute();
  const found: CommunityBooks[] = [];
  for (const { id, slug } of communities) found.push({ slug, books: await verify(db, id) });
  return found;
}
