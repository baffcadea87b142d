import type { Kysely } from "kysely";
import { inTransaction } from "../db/transaction.ts";
import type { DB } from "../db/types.ts";
import { communityBySlug } from "./communities.ts";
import type { Context } from "./context.ts";
import { expireClaims, expireRedemptions, warnOfExpiry } from "./expiry.ts";
import { applyNumberChanges } from "./numbers.ts";
import { forgetStrangers } from "./strangers.ts";
import { countDueVotes } from "./voting-end.ts";

/** What falls due by itself, each done in a transaction of its own. */
const works: readonly ((context: Context) => Promise<number>)[] = [
  expireClaims,
  warnOfExpiry,
  expireRedemptions,
  applyNumberChanges,
  countDueVotes,
  forgetStrangers,
];

/** Most rounds of one work in one community: what is left comes next time. */
const rounds_max = 200;

/**
 * Does everything that has fallen due in every community: claims and redemptions expire, warnings
 * are written, changes of number take effect, votes are counted, strangers are forgotten. Every process
 * may call it: what one has taken up the others pass over.
 * @throws AggregateError when some of it could not be done; the rest is done all the same.
 */
export async function doWhatIsDue(
  db: Kysely<DB>,
  { now, ...speaker }: Pick<Context, "say" | "pepper"> & { readonly now: () => Date },
): Promise<void> {
  const communities = await db.selectFrom("community").select("slug").execute();
  const errors: unknown[] = [];
  const one = (slug: string, work: (typeof works)[number]): Promise<number> =>
    inTransaction(db, async (trx) => {
      const community = await communityBySlug(trx, slug);
      return community === undefined ? 0 : await work({ ...speaker, trx, community, now: now() });
    });
  for (const { slug } of communities)
    for (const work of works)
      try {
        for (let round = 0; round < rounds_max; round += 1)
          if ((await one(slug, work)) === 0) break;
      } catch (error) {
        errors.push(error);
      }
  if (errors.length > 0) throw new AggregateError(errors, "some of what is due was not done");
}
