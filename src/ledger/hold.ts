import assert from "node:assert/strict";
import { sql } from "kysely";
import type { Writer } from "../db/database.ts";
import { ask } from "./ask.ts";
import { toRow, type Journal, type PostAnswer } from "./post.ts";

/** An amount set aside on the account of a member, a vendor or a group. */
export interface Hold {
  /** UUIDv7, made by the caller. */
  readonly id: string;
  /** Names the act for good. At most 120 characters. */
  readonly once: string;
  readonly account: string;
  readonly amount: number;
  readonly expires_at: Date;
}

export type HoldOutcome = "captured" | "released" | "expired";

export type ReserveAnswer =
  | {
      readonly reserved: string;
      /** The same act reserved before; this is the hold of then. */
      readonly repeated: boolean;
      /** What the owner can still spend. */
      readonly balance: number;
    }
  | { readonly refused: "unknown-account"; readonly account: string }
  | { readonly refused: "insufficient-balance"; readonly account: string; readonly missing: number }
  | { readonly refused: "once-differs" };

/** Sets an amount aside: it can no longer be spent, and has not moved. */
export async function reserve(
  trx: Writer,
  community_id: string,
  hold: Hold,
): Promise<ReserveAnswer> {
  assert(Number.isSafeInteger(hold.amount) && hold.amount > 0, `${hold.once}: nothing to hold`);
  return await ask<ReserveAnswer>(
    trx,
    sql`ledger.reserve(${community_id}, ${JSON.stringify(hold)}::jsonb)`,
  );
}

export type CaptureAnswer =
  | PostAnswer
  | { readonly refused: "unknown-hold"; readonly at: number }
  | { readonly refused: "hold-ended"; readonly at: number; readonly outcome: HoldOutcome }
  | { readonly refused: "exceeds-hold"; readonly at: number; readonly held: number };

/**
 * Posts the journal a hold was made for, in one call with the end of the hold. It may take less than
 * was held; the rest is released.
 */
export async function capture(
  trx: Writer,
  community_id: string,
  hold_id: string,
  journal: Journal,
): Promise<CaptureAnswer> {
  return await ask<CaptureAnswer>(
    trx,
    sql`ledger.capture(${community_id}, ${hold_id}, ${JSON.stringify(toRow(journal))}::jsonb)`,
  );
}

export type ReleaseAnswer =
  | { readonly ended: HoldOutcome; readonly repeated: boolean; readonly balance: number }
  | { readonly refused: "unknown-hold" | "not-due" }
  | { readonly refused: "hold-ended"; readonly outcome: HoldOutcome };

/** Gives back what was set aside. */
export const release = (trx: Writer, community_id: string, hold_id: string) =>
  end(trx, community_id, hold_id, "released", new Date(0));

/** Gives back what was set aside until now; refused when it is not due yet. */
export const expire = (trx: Writer, community_id: string, hold_id: string, now: Date) =>
  end(trx, community_id, hold_id, "expired", now);

const end = (
  trx: Writer,
  community_id: string,
  hold_id: string,
  outcome: "released" | "expired",
  now: Date,
): Promise<ReleaseAnswer> =>
  ask<ReleaseAnswer>(trx, sql`ledger.release(${community_id}, ${hold_id}, ${outcome}, ${now})`);
