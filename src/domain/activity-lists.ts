import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import { claimsOf } from "./claims.ts";
import { pageOf, type Page, type PageAsked } from "./pages.ts";

/** What a list of what happens over time is asked for. */
export interface TimeAsked<S> extends PageAsked {
  readonly status?: S | undefined;
  /** When it was made: this moment or later. */
  readonly from?: Date | undefined;
  /** When it was made: before this moment. */
  readonly until?: Date | undefined;
}

export type ClaimStatus = "waiting" | "confirmed" | "rejected" | "expired";
export type RedemptionStatus = "requested" | "fulfilled" | "cancelled" | "expired";
export type CashOutStatus = "asked" | "paid" | "cancelled";

const claims = (db: Reader, community_id: string) =>
  claimsOf(db, community_id)
    .select([
      "claim.id",
      "claim.code",
      "claim.member_id",
      "member.name as member",
      "deed.code as deed",
      "claim.units",
      "claim.value",
      "claim.claimed_at",
      "claim.expires_at",
      "claim.decided_at",
      "claim.decided_by",
      "claim.reason",
      "claim.journal_id",
    ])
    // The database's checks say what a state may be; the types generated from it do not.
    .select(sql<ClaimStatus>`claim.state`.as("status"));

export type ClaimRecord = Awaited<ReturnType<ReturnType<typeof claims>["executeTakeFirstOrThrow"]>>;

/** Claims, the newest first. */
export async function listClaims(
  db: Reader,
  community_id: string,
  asked: TimeAsked<ClaimStatus>,
): Promise<Page<ClaimRecord>> {
  let query = claims(db, community_id);
  if (asked.status !== undefined) query = query.where("claim.state", "=", asked.status);
  if (asked.from !== undefined) query = query.where("claim.claimed_at", ">=", asked.from);
  if (asked.until !== undefined) query = query.where("claim.claimed_at", "<", asked.until);
  if (asked.after !== undefined) query = query.where("claim.id", "<", asked.after);
  const rows = await query
    .orderBy("claim.id", "desc")
    .limit(asked.limit + 1)
    .execute();
  return pageOf(rows, asked.limit);
}

const redemptions = (db: Reader, community_id: string) =>
  db
    .selectFrom("redemption")
    .innerJoin("reward", (join) =>
      join
        .onRef("reward.community_id", "=", "redemption.community_id")
        .onRef("reward.id", "=", "redemption.reward_id"),
    )
    .innerJoin("member", (join) =>
      join
        .onRef("member.community_id", "=", "redemption.community_id")
        .onRef("member.id", "=", "redemption.member_id"),
    )
    .leftJoin("member as vendor", (join) =>
      join
        .onRef("vendor.community_id", "=", "redemption.community_id")
        .onRef("vendor.id", "=", "redemption.vendor_id"),
    )
    // Never the digests of the code and the key.
    .select([
      "redemption.id",
      "redemption.member_id",
      "member.name as member",
      "redemption.vendor_id",
      "vendor.name as vendor",
      "reward.code as reward",
      "redemption.amount",
      "redemption.requested_at",
      "redemption.expires_at",
      "redemption.ended_at",
      "redemption.ended_by",
      "redemption.without_key",
      "redemption.journal_id",
    ])
    .select(sql<RedemptionStatus>`redemption.state`.as("status"))
    .where("redemption.community_id", "=", community_id);

export type RedemptionRecord = Awaited<
  ReturnType<ReturnType<typeof redemptions>["executeTakeFirstOrThrow"]>
>;

/** Redemptions, the newest first. */
export async function listRedemptions(
  db: Reader,
  community_id: string,
  asked: TimeAsked<RedemptionStatus>,
): Promise<Page<RedemptionRecord>> {
  let query = redemptions(db, community_id);
  if (asked.status !== undefined) query = query.where("redemption.state", "=", asked.status);
  if (asked.from !== undefined) query = query.where("redemption.requested_at", ">=", asked.from);
  if (asked.until !== undefined) query = query.where("redemption.requested_at", "<", asked.until);
  if (asked.after !== undefined) query = query.where("redemption.id", "<", asked.after);
  const rows = await query
    .orderBy("redemption.id", "desc")
    .limit(asked.limit + 1)
    .execute();
  return pageOf(rows, asked.limit);
}

const cashOuts = (db: Reader, community_id: string) =>
  db
    .selectFrom("cash_out")
    .innerJoin("member", (join) =>
      join
        .onRef("member.community_id", "=", "cash_out.community_id")
        .onRef("member.id", "=", "cash_out.vendor_id"),
    )
    .select([
      "cash_out.id",
      "cash_out.vendor_id",
      "member.name as vendor",
      "cash_out.amount",
      "cash_out.cash",
      "cash_out.currency",
      "cash_out.asked_at",
      "cash_out.ended_at",
      "cash_out.ended_by",
      "cash_out.journal_id",
    ])
    .select(sql<CashOutStatus>`cash_out.state`.as("status"))
    .where("cash_out.community_id", "=", community_id);

export type CashOutRecord = Awaited<
  ReturnType<ReturnType<typeof cashOuts>["executeTakeFirstOrThrow"]>
>;

/** Cash-outs, the newest first. */
export async function listCashOuts(
  db: Reader,
  community_id: string,
  asked: TimeAsked<CashOutStatus>,
): Promise<Page<CashOutRecord>> {
  let query = cashOuts(db, community_id);
  if (asked.status !== undefined) query = query.where("cash_out.state", "=", asked.status);
  if (asked.from !== undefined) query = query.where("cash_out.asked_at", ">=", asked.from);
  if (asked.until !== undefined) query = query.where("cash_out.asked_at", "<", asked.until);
  if (asked.after !== undefined) query = query.where("cash_out.id", "<", asked.after);
  const rows = await query
    .orderBy("cash_out.id", "desc")
    .limit(asked.limit + 1)
    .execute();
  return pageOf(rows, asked.limit);
}

export const readCashOut = (
  db: Reader,
  community_id: string,
  id: string,
): Promise<CashOutRecord | undefined> =>
  cashOuts(db, community_id).where("cash_out.id", "=", id).executeTakeFirst();
