import assert from "node:assert/strict";
import { sql } from "kysely";
import type { Writer } from "../db/database.ts";
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
 * Posts one journal or several in one round trip, all or nothing. Ask for it last in an act: the
 * rows it locks are held until the transaction ends.
 * @returns what was posted, in the order asked, or the first refusal with nothing written.
 * @throws on a journal that does not balance: a bug, which the database would refuse as well.
 */
export async function post(
  trx: Writer,
  community_id: string,
  journals: readonly Journal[],
): Promise<PostAnswer> {
  assert(journals.length >= 1 && journals.length <= journals_max, "1 to 512 journals a call");
  journals.forEach(assertSound);
  const { rows } = await sql<{ answer: PostAnswer }>`
    select ledger.post(${community_id}, ${JSON.stringify(journals.map(toRow))}::jsonb) as answer
  `.execute(trx);
  const answer = rows[0]?.answer;
  assert(answer !== undefined, "ledger.post answers one row");
  return answer;
}

/** As ledger.post takes it. */
const toRow = ({ legs, accrual, ...journal }: Journal): object => ({
  ...journal,
  ...accrual,
  accounts: legs.map(({ account }) => account),
  units: legs.map(({ unit }) => unit),
  amounts: legs.map(({ amount }) => amount),
});

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
