import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import type { Community } from "../domain/communities.ts";
import { liquidityOf, type Liquidity } from "../domain/liquidity.ts";
import { tallyAll, type TextTally } from "../domain/messages.ts";
import { promisedOf } from "../domain/proposals.ts";
import { deedsByKind, readFigures, type DeedFigures, type Figures } from "./figures.ts";
import { lastMonths } from "./months.ts";
import { inSnapshot } from "./snapshot.ts";

/** The totals of a community, each as the ledger or the tables have it at one moment (R24). */
export interface Summary {
  readonly members: {
    readonly active: number;
    readonly managers: number;
    readonly vendors: number;
    readonly groups: number;
  };
  /** How many claims, redemptions and cash-outs stand in each state. */
  readonly claims: Counts;
  readonly redemptions: Counts;
  readonly cash_outs: Counts;
  readonly proposals: Counts;
  readonly isoccs: {
    /** Earned ever, less what was reversed. */
    readonly earned: number;
    /** Brought over from SoCC Books. */
    readonly brought_over: number;
    /** With members, vendors and groups now: earned + brought over - settled. */
    readonly outstanding: number;
    /** Of those, set aside for redemptions and cash-outs. */
    readonly held: number;
    readonly with_members: number;
    readonly with_vendors: number;
    readonly with_groups: number;
    /** Left the community: paid for by the partner. */
    readonly settled: number;
  };
  readonly commsoccs: {
    readonly accrued: number;
    readonly brought_over: number;
    /** In the cache now: accrued + brought over - spent. */
    readonly cache: number;
    readonly spent: number;
    /** Of passed proposals not paid yet: where it is more than the cache, not all can be. */
    readonly promised: number;
  };
  readonly liquidity: Liquidity;
  /** Texts that were written in these months, and what the gateway said they cost. */
  readonly texts: TextTally;
  /** The last months, the oldest first. */
  readonly months: readonly Figures[];
  /** What was earned by in these months. */
  readonly deeds: readonly DeedFigures[];
}

type Counts = Readonly<Record<string, number>>;

/** Reads the totals, and as many of the last months, in one snapshot. */
export async function summarise(
  db: Reader,
  community: Community,
  asked: { readonly months: number; readonly now: Date },
): Promise<Summary> {
  const { now } = asked;
  return await inSnapshot(db, async (trx) => {
    const { isoccs, commsoccs } = await readLedger(trx, community.id);
    const months = await lastMonths(trx, community, { count: asked.months, now });
    const [first] = months;
    const span = first && { from: first.from, until: months.at(-1)?.until ?? first.until };
    return {
      members: await countMembers(trx, community.id),
      claims: await countStates(trx, community.id, "claim"),
      redemptions: await countStates(trx, community.id, "redemption"),
      cash_outs: await countStates(trx, community.id, "cash_out"),
      proposals: await countStates(trx, community.id, "proposal"),
      isoccs,
      commsoccs: { ...commsoccs, promised: await promisedOf(trx, community.id) },
      liquidity: await liquidityOf(trx, community.id),
      texts: span ? await tallyAll(trx, community.id, span) : { texts: 0, segments: 0, costs: [] },
      months: await readFigures(trx, community, { months, now }),
      deeds: span ? await deedsByKind(trx, community.id, span) : [],
    };
  });
}

async function countMembers(db: Reader, community_id: string): Promise<Summary["members"]> {
  const { rows } = await sql<Summary["members"]>`
    select
      count(*) filter (where 'member' = any (roles)) as active,
      count(*) filter (where 'manager' = any (roles)) as managers,
      count(*) filter (where 'vendor' = any (roles)) as vendors,
      count(*) filter (where 'group' = any (roles)) as groups
    from member
    where community_id = ${community_id} and status = 'active'
  `.execute(db);
  return rows[0] ?? { active: 0, managers: 0, vendors: 0, groups: 0 };
}

async function countStates(
  db: Reader,
  community_id: string,
  table: "claim" | "redemption" | "cash_out" | "proposal",
): Promise<Counts> {
  const rows = await db
    .selectFrom(table)
    .select(["state", ({ fn }) => fn.countAll<number>().as("count")])
    .where("community_id", "=", community_id)
    .groupBy("state")
    .execute();
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

async function readLedger(
  db: Reader,
  community_id: string,
): Promise<{ isoccs: Summary["isoccs"]; commsoccs: Omit<Summary["commsoccs"], "promised"> }> {
  const rows = await db
    .selectFrom("ledger.account")
    .select(["kind", "unit"])
    .select([
      sql<number>`sum(posted)::bigint`.as("posted"),
      sql<number>`sum(held)::bigint`.as("held"),
    ])
    .where("community_id", "=", community_id)
    .groupBy(["kind", "unit"])
    .execute();
  const posted = (kind: string, unit = "iSoCC"): number =>
    rows.find((row) => row.kind === kind && row.unit === unit)?.posted ?? 0;
  const [with_members, with_vendors, with_groups] = [
    posted("member"),
    posted("vendor"),
    posted("group"),
  ];
  return {
    isoccs: {
      // A system account mirrors everybody else's.
      earned: 0 - posted("issuance"),
      brought_over: 0 - posted("opening"),
      outstanding: with_members + with_vendors + with_groups,
      held: rows.reduce((sum, { held, unit }) => sum + (unit === "iSoCC" ? held : 0), 0),
      with_members,
      with_vendors,
      with_groups,
      settled: posted("settlement"),
    },
    commsoccs: {
      accrued: 0 - posted("issuance", "commSoCC"),
      brought_over: 0 - posted("opening", "commSoCC"),
      cache: posted("cache", "commSoCC"),
      spent: posted("settlement", "commSoCC"),
    },
  };
}
