import type { Reader } from "../db/database.ts";
import { sqlState } from "../db/transaction.ts";
import { sealJournals } from "../ledger/seal.ts";
import { verify, type Verification } from "../ledger/verify.ts";
import type { Community } from "./communities.ts";

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
 * Seals what every community recorded since it was last sealed.
 * @throws AggregateError when some could not be; the others are sealed all the same.
 */
export async function sealBooks(db: Reader): Promise<void> {
  const communities = await db.selectFrom("community").select("id").execute();
  const errors: unknown[] = [];
  for (const { id } of communities)
    await sealJournals(db, id).catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors, "some communities were not sealed");
}

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
