import { sql, type Kysely, type RawBuilder } from "kysely";
import { inTransaction } from "../db/transaction.ts";
import type { DB } from "../db/types.ts";
import { communityById } from "./communities.ts";
import type { Context } from "./context.ts";
import { doEach, inBatches } from "./do-each.ts";
import { expireClaims, expireRedemptions, warning_ms, warnOfExpiry } from "./expiry.ts";
import { applyNumberChanges } from "./numbers.ts";
import { countDueVotes } from "./voting-end.ts";

/** Something that falls due by itself. */
interface Work {
  /** The rows that are due, of all communities: each a partial index that begins with the time. */
  readonly due: (now: Date) => RawBuilder<unknown>;
  /** Does what is due in one community, some of it at a time. @returns how much. */
  readonly act: (context: Context) => Promise<number>;
}

const works: readonly Work[] = [
  {
    due: (now) => sql`claim where state = 'waiting' and expires_at <= ${now}`,
    act: expireClaims,
  },
  {
    due: (now) => sql`
      redemption where state = 'requested' and warned_at is null
        and expires_at > ${now} and expires_at <= ${new Date(now.getTime() + warning_ms)}
    `,
    act: warnOfExpiry,
  },
  {
    due: (now) => sql`redemption where state = 'requested' and expires_at <= ${now}`,
    act: expireRedemptions,
  },
  {
    due: (now) => sql`number_change where state = 'witnessed' and due_at <= ${now}`,
    act: applyNumberChanges,
  },
  {
    due: (now) => sql`proposal where state = 'open' and closes_at <= ${now}`,
    act: countDueVotes,
  },
];

/** Most rounds of one work in one community: what is left comes next time. */
const rounds_max = 200;

/**
 * Does everything that has fallen due: claims and redemptions expire, warnings are written, changes of
 * number take effect, votes are counted. Where nothing is due it is a statement for each kind of work,
 * however many communities there are; where something is, each round is a transaction of its own.
 * Several processes may call it: what one has taken up the others pass over.
 * @param of.stop ends it between two rounds; what is left comes next time.
 * @throws AggregateError when some of it could not be done; the rest is done all the same.
 */
export async function doWhatIsDue(
  db: Kysely<DB>,
  of: Pick<Context, "say" | "pepper"> & { readonly now: () => Date; readonly stop: AbortSignal },
): Promise<void> {
  const { now, stop, ...speaker } = of;
  await doEach(works, stop, async ({ due, act }) => {
    const { rows } = await sql<{ community_id: string }>`
      select distinct community_id from ${due(now())}
    `.execute(db);
    await doEach(rows, stop, ({ community_id }) =>
      inBatches(rounds_max, stop, () =>
        inTransaction(db, async (trx) => {
          const community = await communityById(trx, community_id);
          return community === undefined
            ? 0
            : await act({ ...speaker, trx, community, now: now() });
        }),
      ),
    );
  });
}
