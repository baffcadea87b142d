import type { Kysely } from "kysely";
import { v7 as uuid } from "uuid";
import type { DB } from "../../src/db/types.ts";
import { chart } from "../../src/ledger/chart.ts";
import { post } from "../../src/ledger/post.ts";
import { cacheOf } from "../../src/ledger/statement.ts";
import { autocommit } from "./ledger.ts";
import type { World } from "./world.ts";

/** A cache is brought over from a SoCC Book. */
export async function fillCache(db: Kysely<DB>, amount: number, id?: string): Promise<void> {
  const community_id = id ?? (await onlyCommunity(db));
  const legs = [
    { account: chart.comm_opening, unit: "commSoCC", amount: -amount },
    { account: chart.cache, unit: "commSoCC", amount },
  ] as const;
  const happened_at = new Date("2026-03-14T14:40:00Z");
  const journal = { id: uuid(), once: uuid(), kind: "opening", happened_at, legs };
  await post(autocommit(db), community_id, [journal]);
}

export const cacheIn = async (db: Kysely<DB>): Promise<number> =>
  await cacheOf(db, await onlyCommunity(db));

const onlyCommunity = async (db: Kysely<DB>): Promise<string> =>
  (await db.selectFrom("community").select("id").orderBy("id").executeTakeFirstOrThrow()).id;

/** Proposals that were voted on before, and wait to be paid. @returns their ids. */
export async function passedProposals(
  { db, clock }: World,
  count: number,
): Promise<readonly string[]> {
  const { community_id, id: reward_id } = await db
    .selectFrom("reward")
    .select(["community_id", "id"])
    .where("code", "=", "CHAIRS")
    .executeTakeFirstOrThrow();
  const rows = Array.from({ length: count }, () => ({
    ...{ community_id, id: uuid(), once: uuid(), code: "K7Q2", reward_id, price: 5 },
    ...{ put_by: "key:1", quorum_percent: 30, majority_percent: 50, state: "passed" },
    ...{ opened_at: new Date(clock.now().getTime() - 1e9), closes_at: clock.now() },
    ...{ closed_at: clock.now(), members: 7, yes: 3, no: 1, abstain: 0 },
  }));
  await db.insertInto("proposal").values(rows).execute();
  return rows.map(({ id }) => id);
}

/** The newest proposal, as it is kept. */
export const newestProposal = ({ db }: Pick<World, "db">) =>
  db
    .selectFrom("proposal")
    .select(["id", "code", "state", "members", "yes", "no", "abstain", "journal_id"])
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirstOrThrow();
