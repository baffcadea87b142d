import { sql } from "kysely";
import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import { reverse } from "../ledger/post.ts";
import { balanceOf } from "../ledger/statement.ts";
import { endAlertOfDispute, raiseAlert } from "./alerts.ts";
import { audit } from "./audit.ts";
import { receiptCode } from "./codes.ts";
import type { Context } from "./context.ts";
import {
  disputesWithParties,
  has_manager,
  managersToDecide,
  mayDecide,
} from "./dispute-parties.ts";
import { momentIn } from "./format.ts";
import { memberById, type Member } from "./members.ts";
import { notify } from "./notify.ts";
import { hasCode } from "./receipt-codes.ts";
import { openReceiptByCode } from "./receipts.ts";

export type Disputed =
  | { readonly type: "disputed"; readonly fields: { readonly receipt: string } }
  /** No receipt of theirs of the last 24 hours, or one that was disputed before. */
  | { readonly type: "not-disputable" };

/** Most of a member's own words that are kept. */
const words_length_max = 100;

/**
 * A member disputes a receipt of the last 24 hours (R17): nothing moves, and the managers who may
 * decide, the other party and the partner are told. Disputing again under the same `once` answers
 * with the first.
 */
export async function raiseDispute(
  context: Context,
  spec: { once: string; member: Member; journal_id: string; words?: string },
): Promise<Disputed> {
  const { trx, community, now } = context;
  const { once, member, journal_id } = spec;
  const receipt = receiptCode(journal_id);
  const known = await trx
    .selectFrom("dispute")
    .select("id")
    .where("community_id", "=", community.id)
    .where("once", "=", once)
    .executeTakeFirst();
  if (known !== undefined) return { type: "disputed", fields: { receipt } };
  const found = await openReceiptByCode(context, member, receipt);
  if (found?.journal_id !== journal_id) return { type: "not-disputable" };
  const id = uuid();
  const { other_id, moved } = found;
  const written = await trx
    .insertInto("dispute")
    .values({
      ...{
        community_id: community.id,
        id,
        once,
        member_id: member.id,
        other_id,
        journal_id,
        moved,
      },
      acted_by: await whoseAct(context, journal_id),
      words: spec.words?.slice(0, words_length_max) ?? null,
      raised_at: now,
    })
    // The other party may dispute it at the same moment.
    .onConflict((conflict) => conflict.columns(["community_id", "journal_id"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  if (written === undefined) return { type: "not-disputable" };
  await raiseAlert(context, "dispute-raised", { dispute_id: id, receipt, moved });
  await tellOfDispute(context, member, { id, other_id, receipt, moved });
  return { type: "disputed", fields: { receipt } };
}

/**
 * The manager who confirmed or recorded the claim, or settled the redemption by PIN: without its key,
 * or as the partner's, which has none.
 */
async function whoseAct({ trx, community }: Context, journal_id: string): Promise<string | null> {
  const { acted_by } = await trx
    .selectFrom("ledger.journal as journal")
    .leftJoin("claim", (join) =>
      join
        .onRef("claim.community_id", "=", "journal.community_id")
        .on("claim.id", "=", sql<string>`(journal.details ->> 'claim_id')::uuid`),
    )
    .leftJoin("redemption", (join) =>
      join
        .onRef("redemption.community_id", "=", "journal.community_id")
        .on("redemption.id", "=", sql<string>`(journal.details ->> 'redemption_id')::uuid`)
        .on((eb) =>
          eb.or([eb("redemption.without_key", "=", true), eb("redemption.vendor_id", "is", null)]),
        ),
    )
    .select(({ fn }) => fn.coalesce("claim.decided_by", "redemption.ended_by").as("acted_by"))
    .where("journal.community_id", "=", community.id)
    .where("journal.id", "=", journal_id)
    .executeTakeFirstOrThrow();
  return acted_by;
}

async function tellOfDispute(
  context: Context,
  member: Member,
  raised: { id: string; other_id: string | null; receipt: string; moved: number },
): Promise<void> {
  const { id: dispute_id, other_id, receipt, moved } = raised;
  const { trx, community } = context;
  const fields = {
    name: member.name,
    receipt,
    amount: Math.abs(moved),
    help: community.help_number,
  };
  const other = other_id === null ? undefined : await memberById(trx, community.id, other_id);
  const managers = await managersToDecide(trx, { community_id: community.id, dispute_id });
  await notify(context, [
    ...(other === undefined
      ? []
      : [{ to: other, purpose: "receipt" as const, text: "dispute-raised", fields }]),
    ...managers.map((to) => ({ to, purpose: "request" as const, text: "dispute-waiting", fields })),
  ]);
}

/** A dispute that waits for a manager. */
export interface OpenDispute {
  readonly [key: string]: string | number;
  readonly id: string;
  /** Who raised it. */
  readonly name: string;
  readonly receipt: string;
  readonly moved: number;
}

const shown_max = 60;

const waitingFor = (context: Context, manager: Member) =>
  openDisputes(context).where("dispute.manager_id", "is", null).where(mayDecide(manager));

/**
 * Disputes that wait for a manager and that this one may decide on (R10), the oldest first: as many as
 * a screen lists. Any is found by its receipt.
 */
export async function disputesToDecide(
  context: Context,
  manager: Member,
): Promise<readonly OpenDispute[]> {
  const rows = await waitingFor(context, manager)
    .orderBy("dispute.raised_at")
    .limit(shown_max)
    .execute();
  return rows.map(({ id, name, journal_id, moved }) => ({
    ...{ id, name, moved },
    receipt: receiptCode(journal_id),
  }));
}

/** The dispute of a receipt, by its code in any case, where it waits for this manager (R10). */
export const disputeToDecide = (
  context: Context,
  { manager, receipt }: { manager: Member; receipt: string },
): Promise<{ readonly id: string } | undefined> =>
  waitingFor(context, manager)
    .where(hasCode(sql.ref("dispute.journal_id"), receipt))
    .executeTakeFirst();

/** Who decides: a manager, whose PIN has just been checked, or the partner by an admin key. */
export type Decider = { readonly manager: Member } | { readonly partner: `key:${string}` };

export type DisputeDecided =
  /** The other of the two has still to decide. */
  | { readonly type: "dispute-waits" }
  | {
      readonly type: "dispute-upheld" | "dispute-declined";
      readonly fields: { readonly receipt: string };
    }
  /** What was given has been spent: nothing was decided, and it can be tried again. */
  | { readonly type: "remedy-short"; readonly fields: { readonly missing: number } }
  | { readonly type: "own-account" }
  /** It has ended, or this side has decided. */
  | { readonly type: "decided-before" };

/**
 * Decides on a dispute for one side (R17). It ends once a manager and the partner have decided: with
 * the remedy, which is a reversing journal, where both uphold it, and as it stands where one declines.
 * When the accounts no longer have what is to be given back, the last decision is refused with how
 * much is missing and the dispute stays open.
 *
 * A manager who is a party, or whose own act is disputed, may not decide. Where that leaves none (a
 * community may have one manager, who confirms every claim), the partner decides alone: a dispute
 * must not wait for somebody who cannot come. Whether there is one is asked when the partner
 * decides; a partner who had decided before the last of them went decides once more, and ends it.
 */
export async function decideDispute(
  context: Context,
  { dispute_id, upholds, by }: { dispute_id: string; upholds: boolean; by: Decider },
): Promise<DisputeDecided> {
  const may_decide = "manager" in by ? mayDecide(by.manager) : sql<boolean>`true`;
  const row = await openDisputes(context)
    .select([sql<boolean>`${may_decide}`.as("may_decide"), has_manager.as("has_manager")])
    .where("dispute.id", "=", dispute_id)
    .forUpdate("dispute")
    .executeTakeFirst();
  if (row === undefined) return { type: "decided-before" };
  if (!row.may_decide) return { type: "own-account" };
  const { manager_upholds, partner_upholds } = row;
  const is_alone = "partner" in by && manager_upholds === null && !row.has_manager;
  const [own, others] =
    "manager" in by ? [manager_upholds, partner_upholds] : [partner_upholds, manager_upholds];
  if (own !== null && !is_alone) return { type: "decided-before" };
  const decision: Decision =
    "manager" in by
      ? { upholds, manager_id: by.manager.id, manager_upholds: upholds }
      : { upholds, partner: by.partner, partner_upholds: upholds };
  if (others === null && !is_alone) {
    await writeDecision(context, by, row.id, decision);
    return { type: "dispute-waits" };
  }
  if (!upholds || others === false) {
    const receipt = receiptCode(row.journal_id);
    await writeDecision(context, by, row.id, { ...decision, state: "declined" });
    await tellOfEnd(context, row, { text: "dispute-declined", receipt, balances: {} });
    return { type: "dispute-declined", fields: { receipt } };
  }
  const remedy = await undo(context, row);
  if ("missing" in remedy) return { type: "remedy-short", fields: { missing: remedy.missing } };
  const { reversal_id, balances } = remedy;
  await writeDecision(context, by, row.id, { ...decision, state: "upheld", reversal_id });
  const told = { text: "dispute-upheld", receipt: receiptCode(reversal_id), balances };
  await tellOfEnd(context, row, told);
  return { type: "dispute-upheld", fields: { receipt: told.receipt } };
}

type Dispute = NonNullable<
  Awaited<ReturnType<ReturnType<typeof openDisputes>["executeTakeFirst"]>>
>;

const openDisputes = ({ trx, community }: Context) =>
  disputesWithParties(trx, community.id)
    .select([
      "dispute.id",
      "dispute.member_id",
      "dispute.other_id",
      "dispute.journal_id",
      "dispute.moved",
      "dispute.manager_upholds",
      "dispute.partner_upholds",
      "member.name",
    ])
    .where("dispute.state", "=", "open");

interface Decision {
  readonly upholds: boolean;
  readonly manager_id?: string;
  readonly manager_upholds?: boolean;
  readonly partner?: string;
  readonly partner_upholds?: boolean;
  /** How it ends with this decision; not said while it waits for the other. */
  readonly state?: "upheld" | "declined";
  readonly reversal_id?: string;
}

async function writeDecision(
  { trx, community, now }: Context,
  by: Decider,
  id: string,
  { upholds, ...change }: Decision,
): Promise<void> {
  await trx
    .updateTable("dispute")
    .set({ ...change, ...(change.state && { ended_at: now }) })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .execute();
  const { state = "open", reversal_id } = change;
  if (state !== "open") await endAlertOfDispute({ trx, community, now }, id);
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor: "manager" in by ? `member:${by.manager.id}` : by.partner,
      // What was decided, which is not how it ends where the other decides otherwise.
      act: upholds ? "dispute.upheld" : "dispute.declined",
      subject: `dispute:${id}`,
      after: { state, ...(reversal_id !== undefined && { reversal_id }) },
    },
  );
}

type Remedy =
  | { readonly reversal_id: string; readonly balances: Readonly<Record<string, number>> }
  | { readonly missing: number };

async function undo(
  { trx, community, now }: Context,
  { id, journal_id }: Dispute,
): Promise<Remedy> {
  const answer = await reverse(trx, community.id, {
    id: uuid(),
    once: `dispute:${id}`,
    reverses: journal_id,
    happened_at: now,
    ratio: community.accrual_ratio,
    details: { dispute_id: id },
  });
  if ("posted" in answer) {
    const [posted] = answer.posted;
    assert(posted !== undefined, "one journal was asked for");
    return { reversal_id: posted.id, balances: posted.balances };
  }
  // An administrator has undone it meanwhile: that is the remedy.
  if (answer.refused === "already-reversed") return { reversal_id: answer.by, balances: {} };
  assert(answer.refused === "insufficient-balance", `not reversed: ${answer.refused}`);
  return { missing: answer.missing };
}

/** Tells both parties how it ended: `receipt` is the reversal's, or the disputed one's that stands. */
async function tellOfEnd(
  context: Context,
  row: Dispute,
  told: { text: string; receipt: string; balances: Readonly<Record<string, number>> },
): Promise<void> {
  const { trx, community, now } = context;
  const { text, receipt, balances } = told;
  for (const id of [row.member_id, row.other_id]) {
    const to = id === null ? undefined : await memberById(trx, community.id, id);
    if (to === undefined) continue;
    const fields = {
      receipt,
      disputed: receiptCode(row.journal_id),
      amount: Math.abs(row.moved),
      when: momentIn(community.time_zone, now),
      balance: balances[to.id] ?? (await balanceOf(trx, community.id, to.id)),
      help: community.help_number,
    };
    await notify(context, [{ to, purpose: "receipt", text, fields }]);
  }
}
