import { sql } from "kysely";
import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import { chart } from "../ledger/chart.ts";
import { post, type Journal, type Posted } from "../ledger/post.ts";
import { labelOf, waiting } from "./claims.ts";
import { receiptCode } from "./codes.ts";
import type { Context } from "./context.ts";
import { momentIn } from "./format.ts";
import type { Member } from "./members.ts";
import { notify, type Notice } from "./notify.ts";

/** A claim as it is decided, with what its receipt needs. */
interface Decided {
  readonly id: string;
  readonly code: string;
  readonly value: number;
  readonly member_id: string;
  readonly member_name: string;
  readonly deed: unknown;
  readonly sensitive: boolean;
}

export type Confirmed =
  | {
      readonly type: "confirmed";
      /** How many claims, how many iSoCCs, and the receipt's code of the first. */
      readonly fields: { readonly receipt: string; readonly count: number; readonly total: number };
    }
  /** The first code that is no claim waiting here. */
  | { readonly type: "no-such-claim"; readonly fields: { readonly code: string } }
  /** Nobody confirms their own claim (R10). */
  | { readonly type: "own-claim"; readonly fields: { readonly code: string } };

/**
 * Confirms claims by their codes, all or none: the member earns, the cache accrues (R12), and each
 * member gets a receipt. The manager's PIN has been checked in this transaction.
 */
export async function confirmClaims(
  context: Context,
  spec: { manager: Member; codes: readonly string[] },
): Promise<Confirmed> {
  const { trx, community } = context;
  const { manager } = spec;
  const found = await lockClaims(context, spec.codes);
  const missing = spec.codes.find((code) => !found.some((claim) => claim.code === code));
  if (missing !== undefined) return { type: "no-such-claim", fields: { code: missing } };
  const own = found.find(({ member_id }) => member_id === manager.id);
  if (own !== undefined) return { type: "own-claim", fields: { code: own.code } };

  const journals = found.map((claim) => earning(context, claim));
  await markConfirmed(context, manager, found, journals);
  const answer = await post(trx, community.id, journals);
  // Nothing an earning asks for can be refused: members have accounts, and issuance has no floor.
  assert("posted" in answer, `an earning was refused: ${JSON.stringify(answer)}`);
  const receipts = found.map((claim, at) => memberReceipt(context, claim, answer.posted[at]));
  await notify(context, await addressed(context, receipts));

  const [first] = answer.posted;
  assert(first !== undefined, "at least one claim was confirmed");
  const total = found.reduce((sum, { value }) => sum + value, 0);
  return {
    type: "confirmed",
    fields: { receipt: receiptCode(first.id), count: found.length, total },
  };
}

export type Rejected =
  | { readonly type: "rejected"; readonly fields: { readonly code: string; readonly name: string } }
  | Exclude<Confirmed, { readonly type: "confirmed" }>;

/** Rejects a claim with a reason and tells the member (R11). */
export async function rejectClaim(
  context: Context,
  spec: { manager: Member; code: string; reason: string },
): Promise<Rejected> {
  const { trx, community, now } = context;
  const [claim] = await lockClaims(context, [spec.code]);
  if (claim === undefined) return { type: "no-such-claim", fields: { code: spec.code } };
  if (claim.member_id === spec.manager.id)
    return { type: "own-claim", fields: { code: spec.code } };
  const reason = spec.reason.slice(0, 40);
  await trx
    .updateTable("claim")
    .set({ state: "rejected", decided_at: now, decided_by: spec.manager.id, reason })
    .where("community_id", "=", community.id)
    .where("id", "=", claim.id)
    .execute();
  const notice: MemberNotice = (member) => ({
    to: member,
    purpose: "receipt",
    text: "claim-rejected",
    fields: {
      code: claim.code,
      deed: labelOf(context, { name: claim.deed, sensitive: claim.sensitive }, member),
      reason,
      help: community.help_number,
    },
  });
  await notify(context, await addressed(context, [{ member_id: claim.member_id, notice }]));
  return { type: "rejected", fields: { code: claim.code, name: claim.member_name } };
}

/** Waiting claims by code, locked in one order so that two managers never wait in a circle. */
async function lockClaims(
  { trx, community, now }: Context,
  codes: readonly string[],
): Promise<readonly Decided[]> {
  return await waiting(trx, community, now)
    .where("claim.code", "in", [...codes])
    .orderBy("claim.id")
    .forUpdate("claim")
    .execute();
}

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

type MemberNotice = (member: Member) => Notice;

function memberReceipt(
  context: Context,
  claim: Decided,
  posted: Posted | undefined,
): { member_id: string; notice: MemberNotice } {
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

/** Finds the members that notices are for: their phone and language. */
async function addressed(
  { trx, community }: Context,
  notices: readonly { member_id: string; notice: MemberNotice }[],
): Promise<readonly Notice[]> {
  const ids = notices.map(({ member_id }) => member_id);
  const rows = await trx
    .selectFrom("member")
    .select(["id", "name", "phone", "language", "guardian_id"])
    .where("community_id", "=", community.id)
    .where("id", "in", ids)
    .execute();
  const members = new Map(rows.map((row) => [row.id, { ...row, roles: [] }]));
  return notices.flatMap(({ member_id, notice }) => {
    const member = members.get(member_id);
    return member === undefined ? [] : [notice(member)];
  });
}
