import { sql } from "kysely";
import type { Reader, Writer } from "../db/database.ts";
import { cacheOf } from "../ledger/statement.ts";
import type { TimeAsked } from "./activity-lists.ts";
import type { Context } from "./context.ts";
import { nameIn, type Names } from "./deeds.ts";
import { dayIn } from "./format.ts";
import type { Member } from "./members.ts";
import { pageOf, type Page } from "./pages.ts";

export type ProposalStatus = "open" | "passed" | "failed" | "cancelled" | "done";

/**
 * Who may vote (R18): members, managers among them. A vendor takes SoCCs and earns none, so the cache
 * did not come from them.
 */
export const isVoter = ({ roles }: Pick<Member, "roles">): boolean =>
  roles.includes("member") || roles.includes("manager");

/**
 * How voting on an open proposal stands now: all who may vote, and the votes of those of them who
 * did. Somebody who has left since counts on neither side.
 */
const counted = sql<{ members: number; yes: number; no: number; abstain: number }>`
  lateral (
    select count(*)::integer as members,
      count(*) filter (where v.choice = 'yes')::integer as yes,
      count(*) filter (where v.choice = 'no')::integer as no,
      count(*) filter (where v.choice = 'abstain')::integer as abstain
    from member as m
    left join vote as v
      on v.community_id = m.community_id and v.proposal_id = proposal.id and v.member_id = m.id
    where proposal.state = 'open'
      and m.community_id = proposal.community_id
      and m.status = 'active' and m.roles && array['member', 'manager']
  )`;

/** Proposals of a community: counted as it was at the close, or while voting goes on as it is now. */
const proposals = (db: Reader, community_id: string) =>
  db
    .selectFrom("proposal")
    .innerJoin("reward", (join) =>
      join
        .onRef("reward.community_id", "=", "proposal.community_id")
        .onRef("reward.id", "=", "proposal.reward_id"),
    )
    .innerJoin(counted.as<"counted">(sql.ref("counted")), (join) => join.onTrue())
    .select([
      "proposal.id",
      "proposal.code",
      "reward.code as reward",
      "reward.name",
      "proposal.price",
      "proposal.note",
      "proposal.put_by",
      "proposal.quorum_percent",
      "proposal.majority_percent",
      "proposal.opened_at",
      "proposal.closes_at",
      "proposal.closed_at",
      "proposal.ended_at",
      "proposal.ended_by",
      "proposal.reason",
      "proposal.journal_id",
    ])
    .select(({ fn }) => [
      fn.coalesce("proposal.members", "counted.members").as("members"),
      fn.coalesce("proposal.yes", "counted.yes").as("yes"),
      fn.coalesce("proposal.no", "counted.no").as("no"),
      fn.coalesce("proposal.abstain", "counted.abstain").as("abstain"),
      sql<ProposalStatus>`proposal.state`.as("status"),
    ])
    .where("proposal.community_id", "=", community_id);

type Row = Awaited<ReturnType<ReturnType<typeof proposals>["executeTakeFirstOrThrow"]>>;

/** A proposal and its counts; never who voted what. No reply is not abstain. */
export interface ProposalRecord extends Row {
  /** The turnout: yes, no and abstain. */
  readonly voted: number;
}

const recordOf = (row: Row): ProposalRecord => ({
  ...row,
  voted: row.yes + row.no + row.abstain,
});

/** Proposals, the newest first. */
export async function listProposals(
  db: Reader,
  community_id: string,
  asked: TimeAsked<ProposalStatus>,
): Promise<Page<ProposalRecord>> {
  let query = proposals(db, community_id);
  if (asked.status !== undefined) query = query.where("proposal.state", "=", asked.status);
  if (asked.from !== undefined) query = query.where("proposal.opened_at", ">=", asked.from);
  if (asked.until !== undefined) query = query.where("proposal.opened_at", "<", asked.until);
  if (asked.after !== undefined) query = query.where("proposal.id", "<", asked.after);
  const rows = await query
    .orderBy("proposal.id", "desc")
    .limit(asked.limit + 1)
    .execute();
  return pageOf(rows.map(recordOf), asked.limit);
}

/** @throws when there is no such proposal. */
export const readProposal = async (
  db: Reader,
  community_id: string,
  id: string,
): Promise<ProposalRecord> =>
  recordOf(
    await proposals(db, community_id).where("proposal.id", "=", id).executeTakeFirstOrThrow(),
  );

/** The state of a proposal, which then stays so until the transaction ends. */
export const lockProposal = (trx: Writer, community_id: string, id: string) =>
  trx
    .selectFrom("proposal")
    .select(["id", sql<ProposalStatus>`state`.as("status")])
    .where("community_id", "=", community_id)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();

/** What screens and texts say of a proposal, in one reader's language. */
export interface ProposalSaid {
  readonly [key: string]: string | number;
  readonly code: string;
  /** The reward's. */
  readonly name: string;
  /** commSoCCs. */
  readonly price: number;
  /** `21/3`, when it closes. */
  readonly day: string;
  readonly members: number;
  readonly voted: number;
  readonly yes: number;
  readonly no: number;
  readonly abstain: number;
}

export function saidOf(
  { community }: Pick<Context, "community">,
  proposal: ProposalRecord,
  { language }: Pick<Member, "language">,
): ProposalSaid {
  const { code, price, members, voted, yes, no, abstain } = proposal;
  const name = nameIn(proposal.name as Names, language, community);
  const day = dayIn(community.time_zone, proposal.closes_at);
  return { code, name, price, day, members, voted, yes, no, abstain };
}

/** A proposal that can be voted on, beside what there is in the cache. */
export interface OpenProposal extends ProposalSaid {
  readonly id: string;
  readonly cache: number;
}

/** The proposals that can be voted on now, the oldest first. */
export async function openProposals(
  context: Context,
  reader: Pick<Member, "language">,
): Promise<readonly OpenProposal[]> {
  const { trx, community, now } = context;
  const rows = await proposals(trx, community.id)
    .where("proposal.state", "=", "open")
    .where("proposal.closes_at", ">", now)
    .orderBy("proposal.id")
    .execute();
  if (rows.length === 0) return [];
  const cache = await cacheOf(trx, community.id);
  return rows.map((row) => ({
    ...saidOf(context, recordOf(row), reader),
    id: row.id,
    cache,
  }));
}

/** commSoCCs of passed proposals that are not paid yet. Nothing holds them: they may exceed the cache. */
export async function promisedOf(db: Reader, community_id: string): Promise<number> {
  const { promised } = await db
    .selectFrom("proposal")
    .select(sql<number>`coalesce(sum(price), 0)::bigint`.as("promised"))
    .where("community_id", "=", community_id)
    .where("state", "=", "passed")
    .executeTakeFirstOrThrow();
  return promised;
}
