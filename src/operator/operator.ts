import type { Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import { communityBySlug, type Community } from "../domain/communities.ts";

/** Opens the service's database, running or not, for the time of one command. */
export type WithDatabase = <T>(work: (db: Kysely<DB>) => Promise<T>) => Promise<T>;

/** Gives the address that signs in as the schema's owner, of a database that may not be migrated yet. */
export type WithOwner = <T>(work: (url: string) => Promise<T>) => Promise<T>;

/** Whether a word can be the id of anything at all. */
export const isId = (word: string): boolean =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(word);

/** What was asked for cannot be done; its message says what is wanted. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** The community of a slug. @throws Refused where there is none. */
export async function theCommunity(db: Kysely<DB>, slug: string): Promise<Community> {
  const community = await communityBySlug(db, slug);
  if (community === undefined) throw new Refused(`no community ${slug}`);
  return community;
}
