import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import { chart } from "../ledger/chart.ts";
import { post } from "../ledger/post.ts";
import { cacheOf } from "../ledger/statement.ts";
import { audit } from "./audit.ts";
import { receiptCode } from "./codes.ts";
import { momentIn } from "./format.ts";
import { managersOf } from "./members.ts";
import { notify, type Speaker } from "./notify.ts";
import {
  lockProposal,
  readProposal,
  saidOf,
  type ProposalRecord,
  type ProposalStatus,
} from "./proposals.ts";
import { tellOfProposal } from "./voting-end.ts";

/** Which proposal, and the key of whoever ends it. */
interface Ending {
  readonly id: string;
  readonly actor: string;
}

type NotThere =
  | { readonly type: "no-such-proposal" }
  /** It is not in a state in which that can be done; nothing was. */
  | { readonly type: "not-now"; readonly status: ProposalStatus };

export type PaidProposal =
  | { readonly type: "done"; readonly proposal: ProposalRecord }
  | NotThere
  /** The cache has been spent on something else; so many commSoCCs are missing. */
  | { readonly type: "cache-short"; readonly missing: number };

/**
 * Pays a passed proposal, which the partner has carried out, from the cache (R18): one journal, once,
 * and the managers get a receipt, all in this transaction.
 */
export async function payProposal(speaker: Speaker, { id, actor }: Ending): Promise<PaidProposal> {
  const { trx, community, now } = speaker;
  const locked = await lockProposal(trx, community.id, id);
  if (locked === undefined) return { type: "no-such-proposal" };
  if (locked.status !== "passed") return { type: "not-now", status: locked.status };
  const { price, reward } = await readProposal(trx, community.id, id);
  const answer = await post(trx, community.id, [
    {
      id: uuid(),
      once: `proposal:${id}`,
      kind: "communal-reward",
      happened_at: now,
      legs: [
        { account: chart.cache, unit: "commSoCC", amount: -price },
        { account: chart.comm_settlement, unit: "commSoCC", amount: price },
      ],
      details: { proposal_id: id },
    },
  ]);
  if ("refused" in answer) {
    // Both accounts are every community's, and the name is this payment's alone.
    assert(answer.refused === "insufficient-balance", `a payment was refused: ${answer.refused}`);
    return { type: "cache-short", missing: answer.missing };
  }
  const [posted] = answer.posted;
  assert(posted !== undefined && !posted.repeated, "a passed proposal has not been paid");
  await end(speaker, { id, actor }, { state: "done", journal_id: posted.id });
  await audit(
    trx,
    { community_id: community.id, now },
    { actor, act: "proposal.done", subject: `proposal:${id}`, after: { reward, price } },
  );
  const proposal = await readProposal(trx, community.id, id);
  await tellOfPayment(speaker, proposal, receiptCode(posted.id));
  return { type: "done", proposal };
}

async function tellOfPayment(
  speaker: Speaker,
  proposal: ProposalRecord,
  receipt: string,
): Promise<void> {
  const { trx, community, now } = speaker;
  const managers = await managersOf(trx, community.id);
  const cache = await cacheOf(trx, community.id);
  const when = momentIn(community.time_zone, now);
  const help = community.help_number;
  await notify(
    speaker,
    managers.map((to) => ({
      ...{ to, purpose: "receipt", text: "proposal-done" },
      fields: { ...saidOf(speaker, proposal, to), receipt, cache, when, help },
    })),
  );
}

export type CancelledProposal =
  { readonly type: "cancelled"; readonly proposal: ProposalRecord } | NotThere;

/**
 * Calls off a proposal that is voted on or waits to be paid; an open one is counted as it stands. The
 * managers and those who voted are told why.
 */
export async function cancelProposal(
  speaker: Speaker,
  { reason, ...ending }: Ending & { readonly reason: string },
): Promise<CancelledProposal> {
  const { trx, community, now } = speaker;
  const { id, actor } = ending;
  const locked = await lockProposal(trx, community.id, id);
  if (locked === undefined) return { type: "no-such-proposal" };
  const { status } = locked;
  if (status !== "open" && status !== "passed") return { type: "not-now", status };
  const { members, yes, no, abstain } = await readProposal(trx, community.id, id);
  const counts = status === "open" ? { closed_at: now, members, yes, no, abstain } : {};
  await end(speaker, ending, { state: "cancelled", reason, ...counts });
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor,
      act: "proposal.cancelled",
      subject: `proposal:${id}`,
      before: { state: status },
      after: { reason },
    },
  );
  const proposal = await readProposal(trx, community.id, id);
  await tellOfProposal(speaker, proposal, { text: "proposal-cancelled", reason });
  return { type: "cancelled", proposal };
}

/** Marks a proposal as ended; its row is locked. */
async function end(
  { trx, community, now }: Speaker,
  { id, actor }: Ending,
  change:
    | { readonly state: "done"; readonly journal_id: string }
    | {
        readonly state: "cancelled";
        readonly reason: string;
        readonly closed_at?: Date;
        readonly members?: number;
        readonly yes?: number;
        readonly no?: number;
        readonly abstain?: number;
      },
): Promise<void> {
  await trx
    .updateTable("proposal")
    .set({ ...change, ended_at: now, ended_by: actor })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .execute();
}
