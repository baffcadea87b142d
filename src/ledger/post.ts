import assert from "node:assert/strict";
import { sql } from "kysely";
import type { Writer } from "../db/database.ts";
import { ask } from "./ask.ts";
import type { Unit } from "./chart.ts";

/** One line of a journal: what an account gains, or loses when negative. */
export interface Leg {
  readonly account: string;
  readonly unit: Unit;
  readonly amount: number;
}

/** One balanced event to be posted. */
export interface Journal {
  /** UUIDv7, made by the caller. */
  readonly id: string;
  /** Names the act for good: the same name again posts nothing. At most 120 characters. */
  readonly once: string;
  readonly kind: string;
  /** When it happened, which may be before it is recorded. */
  readonly happened_at: Date;
  /** Each account at most once; each unit sums to zero. */
  readonly legs: readonly Leg[];
  /** The member who earns, and how many iSoCCs bring one commSoCC to the cache (R12). */
  readonly accrual?: { readonly earner: string; readonly ratio: number };
  readonly details?: Readonly<Record<string, string | number>>;
}

export interface Posted {
  readonly id: string;
  /** The same act was posted before; this is the journal of then. */
  readonly repeated: boolean;
  /** commSoCCs that came to the cache with it. */
  readonly accrued: number;
  /** What members, vendors and groups can spend after it; empty for a repeated one. */
  readonly balances: Readonly<Record<string, number>>;
}

/** Why nothing was posted, and which of the journals asked for was the reason. */
export type Refusal =
  | { readonly refused: "unknown-account" | "wrong-unit"; at: number; account: string }
  | { readonly refused: "insufficient-balance"; at: number; account: string; missing: number }
  /** The name belongs to another act. */
  | { readonly refused: "once-differs"; at: number };

export type PostAnswer = { readonly posted: readonly Posted[] } | Refusal;

/** Most journals of one call. */
export const journals_max = 512;

/**
 * Posts one journal or several in one round trip, all or nothing. Ask the ledger once in a
 * transaction, and late: the rows it locks are held until the transaction ends, and the order in
 * which it locks them is kept within one call only.
 * @returns what was posted, in the order asked, or the first refusal with nothing written.
 * @throws on a journal that does not balance: a bug, which the database would refuse as well.
 */
export async function post(
  trx: Writer,
  community_id: string,
  journals: readonly Journal[],
): Promise<PostAnswer> {
  assert(journals.length >= 1 && journals.length <= journals_max, "1 to 512 journals a call");
  const rows = JSON.stringify(journals.map(toRow));
  return await ask<PostAnswer>(trx, sql`ledger.post(${community_id}, ${rows}::jsonb)`);
}

/** Corrects a journal by its opposite (R17); the accrual that came with it is undone too. */
export interface Reversal {
  readonly id: string;
  readonly once: string;
  /** The journal that is corrected. */
  readonly reverses: string;
  readonly happened_at: Date;
  /** The accrual ratio now in force. */
  readonly ratio: number;
  readonly details?: Journal["details"];
}

export type ReverseAnswer =
  | PostAnswer
  | { readonly refused: "unknown-journal" | "is-a-reversal"; readonly at: number }
  | { readonly refused: "already-reversed"; readonly at: number; readonly by: string };

/**
 * Reverses a journal, once. Refused as insufficient, with how much is missing, when what was given
 * has been spent since.
 */
export const reverse = (
  trx: Writer,
  community_id: string,
  reversal: Reversal,
): Promise<ReverseAnswer> =>
  ask<ReverseAnswer>(trx, sql`ledger.reverse(${community_id}, ${JSON.stringify(reversal)}::jsonb)`);

/** As ledger.post takes it. */
export function toRow(journal: Journal): object {
  assertSound(journal);
  const { legs, accrual, ...rest } = journal;
  return {
    ...rest,
    ...accrual,
    accounts: legs.map(({ account }) => account),
    units: legs.map(({ unit }) => unit),
    amounts: legs.map(({ amount }) => amount),
  };
}

function assertSound({ legs, once, accrual }: Journal): void {
  const accounts = new Set(legs.map(({ account }) => account));
  assert(accounts.size === legs.length, `${once}: an account stands twice in a journal`);
  assert(
    legs.every(({ amount }) => Number.isSafeInteger(amount) && amount !== 0),
    once,
  );
  for (const unit of ["iSoCC", "commSoCC"] as const) {
    const sum = legs.reduce((total, leg) => total + (leg.unit === unit ? leg.amount : 0), 0);
    assert(sum === 0, `${once}: ${unit} sums to ${sum}, not zero`);
  }
  if (accrual !== undefined) {
    assert(Number.isInteger(accrual.ratio) && accrual.ratio >= 1, once);
    assert(
      legs.some(({ account, amount }) => account === accrual.earner && amount > 0),
      once,
    );
  }
}
