import assert from "node:assert/strict";
import { sql, type RawBuilder } from "kysely";
import type { Writer } from "../db/database.ts";

/**
 * Calls one of the ledger's functions, which answer with one document.
 * @template A what migrations/0003 and 0004 say the function answers: the types begin here.
 */
export async function ask<A>(trx: Writer, call: RawBuilder<unknown>): Promise<A> {
  const { rows } = await sql<{ answer: A }>`select ${call} as answer`.execute(trx);
  const [row] = rows;
  assert(row !== undefined, "a function of the ledger answers one row");
  return row.answer;
}
