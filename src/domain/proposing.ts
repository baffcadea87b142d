import { v7 as uuid } from "uuid";
import { cacheOf } from "../ledger/statement.ts";
import { audit } from "./audit.ts";
import { newClaimCode } from "./codes.ts";
import { lockCommunity } from "./community-settings.ts";
import type { Context } from "./context.ts";
import { managersOf, type Member } from "./members.ts";
import { notify } from "./notify.ts";
import { readProposal, saidOf, type ProposalRecord, type ProposalSaid } from "./proposals.ts";
import { communalRewards, type CommunalReward } from "./rewards.ts";

/** Most proposals that may be voted on at once: a screen shows them all. */
const open_max = 5;

/** What may be proposed, each beside what there is in the cache, in the menu's order. */
export async function communalMenu(
  { trx, community }: Context,
  { language }: Pick<Member, "language">,
) {
  const cache = await cacheOf(trx, community.id);
  const rewards = await communalRewards(trx, community, language);
  return rewards
    .toSorted((a, b) => a.position - b.position)
    .map((reward) => ({ ...reward, cache }));
}

export interface NewProposal {
  readonly once: string;
  /** `member:<id>` of a manager, whose PIN has just been checked, or `key:<id>`. */
  readonly actor: string;
  /** Of whoever puts it. */
  readonly language: string;
  readonly reward_id: string;
  readonly note?: string | undefined;
}

export type Put =
  | {
      readonly type: "put";
      readonly id: string;
      readonly fields: ProposalSaid;
    }
  | { readonly type: "no-longer-offered" }
  /** The same reward is being voted on. */
  | {
      readonly type: "open-already";
      readonly fields: { readonly code: string; readonly name: string };
    }
  | { readonly type: "too-many-open"; readonly fields: { readonly count: number } }
  /** It costs more than there is in the cache. */
  | {
      readonly type: "too-dear";
      readonly fields: { readonly name: string; readonly price: number; readonly cache: number };
    };

/**
 * Puts a proposal to spend the cache on a communal reward, at the price and by the rules in force (R18),
 * and tells the managers. Doing it again under the same `once` answers with the first.
 *
 * The cache is not set aside: the ledger holds on accounts of one row only, and the cache has 32. So
 * a proposal dearer than the cache is refused here, and paying it looks again.
 */
export async function putProposal(context: Context, spec: NewProposal): Promise<Put> {
  const { trx, community, now } = context;
  // One at a time in a community, so that the limits hold.
  await lockCommunity(trx, community);
  const before = await proposalNamed(context, spec.once);
  if (before !== undefined)
    return putAs(context, await readProposal(trx, community.id, before), spec);
  const reward = (await communalRewards(trx, community, spec.language)).find(
    ({ id }) => id === spec.reward_id,
  );
  if (reward === undefined) return { type: "no-longer-offered" };
  const open = await notCounted(context);
  const refused = await whyNot(context, open, reward);
  if (refused !== undefined) return refused;

  const id = uuid();
  const { quorum_percent, majority_percent } = community;
  const rules = {
    ...{ code: freeCode(open), price: reward.price, quorum_percent, majority_percent },
    closes_at: new Date(now.getTime() + community.voting_days * 86_400_000),
  };
  await trx
    .insertInto("proposal")
    .values({
      ...{ ...rules, community_id: community.id, id, once: spec.once, reward_id: reward.id },
      ...{ note: spec.note ?? null, put_by: spec.actor, opened_at: now },
    })
    .execute();
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor: spec.actor,
      act: "proposal.put",
      subject: `proposal:${id}`,
      after: { reward: reward.code, ...rules },
    },
  );
  const proposal = await readProposal(trx, community.id, id);
  await tellManagers(context, proposal, spec);
  return putAs(context, proposal, spec);
}

async function proposalNamed(
  { trx, community }: Context,
  once: string,
): Promise<string | undefined> {
  const row = await trx
    .selectFrom("proposal")
    .select("id")
    .where("community_id", "=", community.id)
    .where("once", "=", once)
    .executeTakeFirst();
  return row?.id;
}

/** Those not counted yet, also past their last moment. */
const notCounted = ({ trx, community }: Context) =>
  trx
    .selectFrom("proposal")
    .innerJoin("reward", (join) =>
      join
        .onRef("reward.community_id", "=", "proposal.community_id")
        .onRef("reward.id", "=", "proposal.reward_id"),
    )
    .select(["proposal.code", "reward.code as reward"])
    .where("proposal.community_id", "=", community.id)
    .where("proposal.state", "=", "open")
    .execute();

type Open = Awaited<ReturnType<typeof notCounted>>;

async function whyNot(
  context: Context,
  open: Open,
  { code: reward, name, price }: CommunalReward,
): Promise<Exclude<Put, { readonly type: "put" }> | undefined> {
  const same = open.find((proposal) => proposal.reward === reward);
  if (same !== undefined) return { type: "open-already", fields: { code: same.code, name } };
  if (open.length >= open_max) return { type: "too-many-open", fields: { count: open.length } };
  const cache = await cacheOf(context.trx, context.community.id);
  return price > cache ? { type: "too-dear", fields: { name, price, cache } } : undefined;
}

/** Of thousands, with a handful taken. */
function freeCode(open: Open): string {
  for (;;) {
    const code = newClaimCode();
    if (!open.some((proposal) => proposal.code === code)) return code;
  }
}

const putAs = (context: Context, proposal: ProposalRecord, reader: NewProposal): Put => ({
  ...{ type: "put", id: proposal.id },
  fields: saidOf(context, proposal, reader),
});

async function tellManagers(
  context: Context,
  proposal: ProposalRecord,
  { actor }: NewProposal,
): Promise<void> {
  const managers = await managersOf(context.trx, context.community.id);
  await notify(
    context,
    managers
      .filter((manager) => `member:${manager.id}` !== actor)
      .map((to) => ({
        to,
        purpose: "request",
        text: "proposal-open",
        fields: saidOf(context, proposal, to),
      })),
  );
}
