import type { Context } from "./context.ts";
import { askManagers } from "./asking-managers.ts";
import { audit } from "./audit.ts";
import { cacheOf } from "../ledger/statement.ts";
import { managersOf } from "./members.ts";
import { notify, type Notice, type Speaker } from "./notify.ts";
import { promisedOf, readProposal, saidOf, type ProposalRecord } from "./proposals.ts";

/**
 * Whether a proposal passes (R18). Quorum: at least so many per cent of the members voted, abstentions
 * too. Majority: of yes and no, more than so many per cent are yes, so that at 50 a tie fails. Both are
 * compared in whole numbers, multiplied out: nothing is rounded.
 */
export function hasPassed(counted: {
  readonly members: number;
  readonly yes: number;
  readonly no: number;
  readonly abstain: number;
  readonly quorum_percent: number;
  readonly majority_percent: number;
}): boolean {
  const { members, yes, no, abstain, quorum_percent, majority_percent } = counted;
  const has_quorum = (yes + no + abstain) * 100 >= members * quorum_percent;
  return has_quorum && yes * 100 > (yes + no) * majority_percent;
}

/**
 * Counts a proposal whose time is over, once (R18): under its lock, so that every vote on it has been
 * taken or will be refused. The result is kept, and told to the managers and to who voted.
 */
export async function countDueVotes(context: Context): Promise<number> {
  const { trx, community, now } = context;
  const due = await trx
    .selectFrom("proposal")
    .select("id")
    .where("community_id", "=", community.id)
    .where("state", "=", "open")
    .where("closes_at", "<=", now)
    .orderBy("closes_at")
    .limit(1)
    // One with a vote under way is counted at the next look.
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (due === undefined) return 0;
  const proposal = await readProposal(trx, community.id, due.id);
  const state = hasPassed(proposal) ? "passed" : "failed";
  const { members, yes, no, abstain } = proposal;
  await trx
    .updateTable("proposal")
    .set({ state, closed_at: now, members, yes, no, abstain })
    .where("community_id", "=", community.id)
    .where("id", "=", due.id)
    .execute();
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor: "service",
      act: `proposal.${state}`,
      subject: `proposal:${due.id}`,
      after: { members, yes, no, abstain },
    },
  );
  await tellOfProposal(context, proposal, { text: `proposal-${state}` });
  if (state === "passed") await warnIfTooMuch(context);
  return 1;
}

/** Tells the managers where passed proposals together want more than there is. */
async function warnIfTooMuch(context: Context): Promise<void> {
  const { trx, community } = context;
  const promised = await promisedOf(trx, community.id);
  const cache = await cacheOf(trx, community.id);
  if (promised <= cache) return;
  const fields = { community: community.name, promised, cache };
  await askManagers(context, "proposals-exceed", () => fields);
}

/** Most texts that one statement writes. */
const batch = 500;

/** Tells the managers what became of a proposal, and with one text a phone those who voted on it. */
export async function tellOfProposal(
  speaker: Speaker,
  proposal: ProposalRecord,
  { text, ...more }: { readonly text: string; readonly reason?: string },
): Promise<void> {
  const { trx, community } = speaker;
  const managers = await managersOf(trx, community.id);
  const managing = managers.map(({ phone }) => phone);
  const voters = await votersOf(speaker, proposal.id);
  const said = (to: Notice["to"], purpose: Notice["purpose"]): Notice => ({
    ...{ to, purpose, text },
    fields: { ...saidOf(speaker, proposal, to), ...more, help: community.help_number },
  });
  const notices = [
    ...managers.map((to) => said(to, "request")),
    ...voters.filter(({ phone }) => !managing.includes(phone)).map((to) => said(to, "reminder")),
  ];
  for (let at = 0; at < notices.length; at += batch)
    await notify(speaker, notices.slice(at, at + batch));
}

/** Who voted on a proposal and is still here, one for each phone. */
const votersOf = ({ trx, community }: Pick<Speaker, "trx" | "community">, proposal_id: string) =>
  trx
    .selectFrom("vote")
    .innerJoin("member", (join) =>
      join
        .onRef("member.community_id", "=", "vote.community_id")
        .onRef("member.id", "=", "vote.member_id"),
    )
    .distinctOn("member.phone")
    .select(["member.id", "member.phone", "member.language"])
    .where("vote.community_id", "=", community.id)
    .where("vote.proposal_id", "=", proposal_id)
    .where("member.status", "=", "active")
    .orderBy("member.phone")
    .orderBy("member.created_at")
    .execute();
