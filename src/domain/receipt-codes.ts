import { sql, type Expression, type SqlBool } from "kysely";
import { receiptCode } from "./codes.ts";

/** A receipt's code is 35 bits of its journal's last nine hexadecimal digits: the highest is not in it. */
const bits = 35;

/** By sign, as a code has it: its five bits. */
const values = new Map(
  Array.from({ length: 32 }, (_, value) => [receiptCode(value.toString(16)).at(-1), value]),
);

/**
 * The two ends that the id of a journal with this code may have, nine digits each; none where no
 * receipt can have such a code.
 */
export function endsOf(code: string): readonly string[] {
  const [, signs = ""] = /^S(\w{7})$/.exec(code.toUpperCase()) ?? [];
  const read = Array.from(signs, (sign) => values.get(sign));
  if (read.length === 0 || read.includes(undefined)) return [];
  const low = read.reduce((all, value = 0) => (all << 5n) | BigInt(value), 0n);
  return [low, low | (1n << BigInt(bits))].map((end) => end.toString(16).padStart(9, "0"));
}

/** In SQL: whether a journal's receipt has this code, in any case. */
export const hasCode = (journal_id: Expression<string>, code: string): Expression<SqlBool> =>
  sql<boolean>`right(${journal_id}::text, 9) = any (${endsOf(code)}::text[])`;
