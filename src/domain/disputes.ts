import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import type { Reader } from "../db/database.ts";
import { reverse } from "../ledger/post.ts";
import { balanceOf } from "../ledger/statement.ts";
import { endAlertOfDispute, raiseAlert } from "./alerts.ts";
import { audit } from "./audit.ts";
import { receiptCode } from "./codes.ts";
import type { Context } from "./context.ts";
import { momentIn } from "./format.ts";
import { isOwn, managersOf, memberById, type Member } from "./members.ts";
import { notify } from "./notify.ts";
import { openReceipts } from "./receipts.ts";

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
  const found = (await openReceipts(context, member)).find(
    (open) => open.journal_id === journal_id,
  );
  if (found === undefined) return { type: "not-disputable" };
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
      words: spec.words?.slice(0, words_length_max) ?? null,
      raised_at: now,
    })
    // The other party may dispute it at the same moment.
    .onConflict((conflict) => conflict.columns(["community_id", "journal_id"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  if (written === undefined) return { type: "not-disputable" };
  await raiseAlert(context, "dispute-raised", { dispute_id: id, receipt, moved });
  await tellOfDispute(context, member, { other_id, receipt, moved });
  return { type: "disputed", fields: { receipt } };
}

async function tellOfDispute(
  context: Context,
  member: Member,
  { other_id, receipt, moved }: { other_id: string | null; receipt: string; moved: number },
): Promise<void> {
  const { trx, community } = context;
  const fields = {
    name: member.name,
    receipt,
    amount: Math.abs(moved),
    help: community.help_number,
  };
  const other = other_id === null ? undefined : await memberById(trx, community.id, other_id);
  const managers = (await managersOf(trx, community.id)).filter(
    (manager) => !isOwn(manager, member) && !(other && isOwn(manager, other)),
  );
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

/** Disputes that wait for a manager and that this one may decide on (R10), the oldest first. */
export async function disputesToDecide(
  context: Context,
  manager: Member,
): Promise<readonly OpenDispute[]> {
  const rows = await openDisputes(context)
    .where("dispute.manager_id", "is", null)
    .orderBy("dispute.raised_at")
    .limit(shown_max)
    .execute();
  return rows
    .filter((row) => !isParty(manager, row))
    .map(({ id, name, journal_id, moved }) => ({
      ...{ id, name, moved },
      receipt: receiptCode(journal_id),
    }));
}

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
 * Decides on a dispute for one side (R17). Both must uphold it for the remedy, which is a reversing
 * journal; one who declines ends it. When the accounts no longer have what is to be given back, the
 * second decision is refused with how much is missing and the dispute stays open.
 */
export async function decideDispute(
  context: Context,
  { dispute_id, upholds, by }: { dispute_id: string; upholds: boolean; by: Decider },
): Promise<DisputeDecided> {
  const row = await openDisputes(context)
    .where("dispute.id", "=", dispute_id)
    .forUpdate("dispute")
    .executeTakeFirst();
  if (row === undefined) return { type: "decided-before" };
  if ("manager" in by && isParty(by.manager, row)) return { type: "own-account" };
  const own = "manager" in by ? row.manager_upholds : row.partner_upholds;
  const others = "manager" in by ? row.partner_upholds : row.manager_upholds;
  if (own !== null) return { type: "decided-before" };
  const decision =
    "manager" in by
      ? { manager_id: by.manager.id, manager_upholds: upholds }
      : { partner: by.partner, partner_upholds: upholds };
  const receipt = receiptCode(row.journal_id);
  if (!upholds) {
    await writeDecision(context, by, row.id, { ...decision, state: "declined" });
    await tellOfEnd(context, row, { text: "dispute-declined", receipt, balances: {} });
    return { type: "dispute-declined", fields: { receipt } };
  }
  if (others === null) {
    await writeDecision(context, by, row.id, decision);
    return { type: "dispute-waits" };
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

/** A community's disputes, joined with who raised each and the other party, where there is one. */
export const disputesWithParties = (db: Reader, community_id: string) =>
  db
    .selectFrom("dispute")
    .innerJoin("member", (join) =>
      join
        .onRef("member.community_id", "=", "dispute.community_id")
        .onRef("member.id", "=", "dispute.member_id"),
    )
    .leftJoin("member as other", (join) =>
      join
        .onRef("other.community_id", "=", "dispute.community_id")
        .onRef("other.id", "=", "dispute.other_id"),
    )
    .where("dispute.community_id", "=", community_id);

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
      "member.guardian_id",
      "member.phone",
      "other.guardian_id as other_guardian_id",
      "other.phone as other_phone",
    ])
    .where("dispute.state", "=", "open");

const isParty = (manager: Member, row: Dispute): boolean =>
  isOwn(manager, row) ||
  isOwn(manager, { guardian_id: row.other_guardian_id, phone: row.other_phone });

async function writeDecision(
  { trx, community, now }: Context,
  by: Decider,
  id: string,
  change: {
    manager_id?: string;
    manager_upholds?: boolean;
    partner?: string;
    partner_upholds?: boolean;
    state?: "upheld" | "declined";
    reversal_id?: string;
  },
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
      act: state === "declined" ? "dispute.declined" : "dispute.upheld",
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
