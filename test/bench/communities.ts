import assert from "node:assert/strict";
import type pg from "pg";
import { v7 as uuid } from "uuid";
import { chart } from "../../src/ledger/chart.ts";
import { post, type Journal } from "../../src/ledger/post.ts";
import type { Reader, Writer } from "../../src/db/database.ts";

export interface Community {
  readonly id: string;
  readonly members: readonly string[];
}

/** Enough for any number of transfers of 1. */
const opening_balance = 1_000_000;
/** Members of one opening journal. */
const opened_together = 100;

/**
 * One statement is a transaction of its own, so a pool may stand where `post` asks for one: the
 * same call the service makes, without BEGIN and COMMIT, as the INSERT it is compared with.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- see above
export const alone = (db: Reader): Writer => db as Writer;

/** Founds communities in bulk, as the schema's owner, and gives each member a balance. */
export async function found(
  owner: pg.Client,
  db: Reader,
  size: { communities: number; members_each: number },
): Promise<readonly Community[]> {
  const communities = Array.from({ length: size.communities }, () => ({
    id: uuid(),
    members: Array.from({ length: size.members_each }, () => uuid()),
  }));
  await openAll(owner, communities);
  for (const community of communities) {
    const answer = await post(alone(db), community.id, openings(community));
    assert("posted" in answer, JSON.stringify(answer));
  }
  return communities;
}

async function openAll(owner: pg.Client, communities: readonly Community[]): Promise<void> {
  const partner = uuid();
  const ids = communities.map(({ id }) => id);
  await owner.query("insert into partner values ($1::uuid, $1::text, now())", [partner]);
  await owner.query(
    `insert into community (id, partner_id, slug, name, country, currency, time_zone, languages,
       help_number, accrual_ratio, created_at)
     select id, $1, id::text, 'Bench', 'KE', 'KES', 'Africa/Nairobi', '{en}', '0', 5, now()
     from unnest($2::uuid[]) as id`,
    [partner, ids],
  );
  await owner.query("select ledger.open_community(id) from unnest($1::uuid[]) as id", [ids]);
  for (const { id, members } of communities) {
    await owner.query(
      "select ledger.open_account($1, member, 'member') from unnest($2::uuid[]) as member",
      [id, members],
    );
  }
}

/** Journals that bring every member's opening balance. */
function openings({ members }: Community): readonly Journal[] {
  const groups = Array.from({ length: Math.ceil(members.length / opened_together) }, (_, at) =>
    members.slice(at * opened_together, (at + 1) * opened_together),
  );
  return groups.map((group) => {
    const id = uuid();
    return {
      id,
      once: `opening:${id}`,
      kind: "opening",
      happened_at: new Date(),
      legs: [
        { account: chart.opening, unit: "iSoCC", amount: -opening_balance * group.length },
        ...group.map((account) => ({ account, unit: "iSoCC" as const, amount: opening_balance })),
      ],
    };
  });
}
