import type { Reader } from "../db/database.ts";
import type { Whose } from "./admin-keys.ts";
import { communityBySlug, type Community } from "./communities.ts";

/**
 * The community of a slug as its reader may see it: an overseer sees every one, a partner its own
 * (R1). One that is another's is as if it were not there.
 */
export async function communitySeenBy(
  db: Reader,
  whose: Whose,
  slug: string,
): Promise<Community | undefined> {
  const community = await communityBySlug(db, slug);
  if (community === undefined || whose.kind === "overseer") return community;
  const own = await db
    .selectFrom("community")
    .select("id")
    .where("id", "=", community.id)
    .where("partner_id", "=", whose.partner_id)
    .executeTakeFirst();
  return own && community;
}
