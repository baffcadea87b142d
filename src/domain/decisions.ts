import { sql } from "kysely";
import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import { chart } from "../ledger/chart.ts";
import { post, type Journal, type Posted } from "../ledger/post.ts";
import { audit } from "./audit.ts";
import { labelOf, makeClaim, waiting, type Made, type NewClaim } from "./claims.ts";
import { receiptCode } from "./codes.ts";
import type { Context } from "./context.ts";
import { momentIn } from "./format.ts";
import { noRoomFor } from "./liquidity.ts";
import { isOwn, type Member } from "./members.ts";
import { notify, type Notice } from "./notify.ts";
import type { RejectionWord } from "./reasons.ts";

/** A claim as it is decided, with what its receipt needs. */
interface Decided {
  readonly id: string;
  readonly code: string;
  readonly value: number;
  readonly member_id: string;
  readonly member_name: string;
  readonly guardian_id: string | null;
  readonly phone: string;
  readonly deed: unknown;
  readonly sensitive: boolean;
}

/** Why claims cannot be decided by this manager now. */
type NotDecided =
  /** The first code that is no claim waiting here. */
  | { readonly type: "no-such-claim"; readonly fields: { readonly code: string } }
  /** Nobody decides on their own claim, or on one of an account they are guardian of (R10). */
  | { readonly type: "own-claim"; readonly fields: { readonly code: string } };

export type Confirmed =
  | {
      readonly type: "confirmed";
      /** How many claims, how many iSoCCs, and the receipt's code of the first. */
      readonly fields: { readonly receipt: string; readonly count: number; readonly total: number };
    }
  | BudgetReached
  | NotDecided;

/** R8: nothing was confirmed. The claims wait on, and are told of when they expire. */
export interface BudgetReached {
  readonly type: "budget-reached";
  /** The first claim, how many iSoCCs they are, and for how many the budget has room. */
  readonly fields: { readonly code: string; readonly total: number; readonly left: number };
}

/** Whose claims, and who decides; the manager's PIN has been checked in this transaction. */
interface Decision {
  readonly manager: Member;
  readonly codes: readonly string[];
}

/**
 * Confirms claims by their codes, all or none: the member earns, the cache accrues (R12), and each
 * member gets a receipt. None where the partner's budget would be reached (R8).
 */
export async function confirmClaims(context: Context, decision: Decision): Promise<Confirmed> {
  const { trx, community } = context;
  const found = await claimsToDecide(context, decision);
  if ("type" in found) return found;
  const [one] = found;
  assert(one !== undefined, "at least one claim is decided on");
  const total = found.reduce((sum, { value }) => sum + value, 0);
  const no_room = await noRoomFor(context, total);
  if (no_room !== undefined)
    return { type: "budget-reached", fields: { code: one.code, total, ...no_room } };

  const journals = found.map((claim) => earning(context, claim));
  await markConfirmed(context, decision.manager, found, journals);
  await auditDecision(context, decision.manager, "claim.confirmed", found);
  const answer = await post(trx, community.id, journals);
  // Nothing an earning asks for can be refused: members have accounts, and issuance has no floor.
  assert("posted" in answer, `an earning was refused: ${JSON.stringify(answer)}`);
  const receipts = found.map((claim, at) => memberReceipt(context, claim, answer.posted[at]));
  await notify(context, await addressed(context, receipts));

  const [first] = answer.posted;
  assert(first !== undefined, "at least one claim was confirmed");
  return {
    type: "confirmed",
    fields: { receipt: receiptCode(first.id), count: found.length, total },
  };
}

export type Recorded =
  Confirmed | Exclude<Made, { readonly type: "made" }> | { readonly type: "own-account" };

/**
 * Records a deed for a member, confirmed at once (R9); a repeat of the act posts nothing. Where the
 * partner's budget is reached (R8) the deed is kept as a waiting claim, which a repeat confirms when it
 * can.
 */
export async function recordDeed(
  context: Context,
  spec: NewClaim & { manager: Member },
): Promise<Recorded> {
  if (isOwn(spec.manager, spec.member)) return { type: "own-account" };
  const made = await makeClaim(context, spec);
  if (made.type !== "made") return made;
  const before = made.repeated ? await confirmedBefore(context, made.claim) : undefined;
  if (before !== undefined) return before;
  return await confirmClaims(context, { manager: spec.manager, codes: [made.claim.code] });
}

/** What became of it when this act was done the first time; undefined while the claim waits. */
async function confirmedBefore(
  { trx, community }: Context,
  { id, code, value }: { id: string; code: string; value: number },
): Promise<Confirmed | undefined> {
  const { state, journal_id } = await trx
    .selectFrom("claim")
    .select(["state", "journal_id"])
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  if (state === "waiting") return undefined;
  if (journal_id === null) return { type: "no-such-claim", fields: { code } };
  return {
    type: "confirmed",
    fields: { receipt: receiptCode(journal_id), count: 1, total: value },
  };
}

/** Why a claim is rejected: in the manager's own words, or by a word that every language has. */
export type Reason = { readonly text: string } | { readonly word: RejectionWord };

/** The most of a manager's own words that a receipt has room for. */
const reason_length_max = 40;

export type Rejected =
  | {
      readonly type: "rejected";
      /** Of the first claim; and how many they were. */
      readonly fields: { readonly code: string; readonly name: string; readonly count: number };
    }
  | NotDecided;

/** Rejects claims, all or none, with a reason that each member is told (R11). */
export async function rejectClaims(
  context: Context,
  decision: Decision & { reason: Reason },
): Promise<Rejected> {
  const { trx, community, now } = context;
  const { manager, reason } = decision;
  const found = await claimsToDecide(context, decision);
  if ("type" in found) return found;
  await trx
    .updateTable("claim")
    .set({
      state: "rejected",
      decided_at: now,
      decided_by: manager.id,
      reason: "word" in reason ? reason.word : reason.text.slice(0, reason_length_max),
    })
    .where("community_id", "=", community.id)
    .where(
      "id",
      "in",
      found.map(({ id }) => id),
    )
    .execute();
  await auditDecision(context, manager, "claim.rejected", found);
  const notices = found.map((claim) => rejection(context, claim, reason));
  await notify(context, await addressed(context, notices));
  const [first] = found;
  assert(first !== undefined, "at least one claim was rejected");
  const fields = { code: first.code, name: first.member_name, count: found.length };
  return { type: "rejected", fields };
}

/** The claims, locked in one order so that two managers never wait in a circle. */
async function claimsToDecide(
  { trx, community, now }: Context,
  { manager, codes }: Decision,
): Promise<readonly Decided[] | NotDecided> {
  const found = await waiting(trx, community, now)
    .where("claim.code", "in", [...codes])
    .orderBy("claim.id")
    .forUpdate("claim")
    .execute();
  const missing = codes.find((code) => !found.some((claim) => claim.code === code));
  if (missing !== undefined) return { type: "no-such-claim", fields: { code: missing } };
  const own = found.find((claim) => isOwn(manager, claim));
  return own === undefined ? found : { type: "own-claim", fields: { code: own.code } };
}

const auditDecision = (
  { trx, community, now }: Context,
  manager: Member,
  act: string,
  claims: readonly Decided[],
): Promise<void> =>
  audit(
    trx,
    { community_id: community.id, now },
    ...claims.map(({ id, value }) => ({
      actor: `member:${manager.id}`,
      act,
      subject: `claim:${id}`,
      after: { value },
    })),
  );

const earning = ({ community, now }: Context, claim: Decided): Journal => ({
  id: uuid(),
  once: `claim:${claim.id}`,
  kind: "earning",
  happened_at: now,
  legs: [
    { account: chart.issuance, unit: "iSoCC", amount: -claim.value },
    { account: claim.member_id, unit: "iSoCC", amount: claim.value },
  ],
  accrual: { earner: claim.member_id, ratio: community.accrual_ratio },
  details: { claim_id: claim.id },
});

async function markConfirmed(
  { trx, community, now }: Context,
  manager: Member,
  claims: readonly Decided[],
  journals: readonly Journal[],
): Promise<void> {
  const ids = claims.map(({ id }) => id);
  const journal_ids = journals.map(({ id }) => id);
  await trx
    .updateTable("claim")
    .from(
      sql<{ id: string; journal_id: string }>`
        unnest(${ids}::uuid[], ${journal_ids}::uuid[])
      `.as<"decided">(sql`decided (id, journal_id)`),
    )
    .set((eb) => ({
      state: "confirmed",
      decided_at: now,
      decided_by: manager.id,
      journal_id: eb.ref("decided.journal_id"),
    }))
    .where("claim.community_id", "=", community.id)
    .whereRef("claim.id", "=", "decided.id")
    .execute();
}

type MemberNotice = (member: Notice["to"]) => Notice;

interface ToMember {
  readonly member_id: string;
  readonly notice: MemberNotice;
}

function memberReceipt(context: Context, claim: Decided, posted: Posted | undefined): ToMember {
  assert(posted !== undefined, "every journal asked for is answered");
  const { community, now } = context;
  const notice: MemberNotice = (member) => ({
    to: member,
    purpose: "receipt",
    text: "claim-confirmed",
    fields: {
      receipt: receiptCode(posted.id),
      value: claim.value,
      deed: labelOf(context, { name: claim.deed, sensitive: claim.sensitive }, member),
      when: momentIn(community.time_zone, now),
      accrued: posted.accrued,
      balance: posted.balances[claim.member_id] ?? 0,
      help: community.help_number,
    },
  });
  return { member_id: claim.member_id, notice };
}

function rejection(context: Context, claim: Decided, reason: Reason): ToMember {
  const notice: MemberNotice = (member) => ({
    to: member,
    purpose: "receipt",
    text: "claim-rejected",
    fields: {
      code: claim.code,
      deed: labelOf(context, { name: claim.deed, sensitive: claim.sensitive }, member),
      reason:
        "word" in reason
          ? context.say(member.language, [`rejected.${reason.word}`], {}).text
          : reason.text.slice(0, reason_length_max),
      help: context.community.help_number,
    },
  });
  return { member_id: claim.member_id, notice };
}

/** Finds the members that notices are for: their phone and language. */
async function addressed(
  { trx, community }: Context,
  notices: readonly ToMember[],
): Promise<readonly Notice[]> {
  const ids = notices.map(({ member_id }) => member_id);
  const rows = await trx
    .selectFrom("member")
    .select(["id", "phone", "language"])
    .where("community_id", "=", community.id)
    .where("id", "in", ids)
    .execute();
  const members = new Map(rows.map((row) => [row.id, row]));
  return notices.flatMap(({ member_id, notice }) => {
    const member = members.get(member_id);
    return member === undefined ? [] : [notice(member)];
  });
}
