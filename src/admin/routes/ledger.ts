import { z } from "zod";
import { verifyBooks } from "../../domain/books.ts";
import { readIn, type House } from "../route.ts";

const verification = z
  .object({
    ok: z.boolean(),
    journals: z.int(),
    entries: z.int(),
    accounts: z.int(),
    mismatches: z.array(
      z.object({
        check: z.string(),
        account_id: z.uuid().nullable(),
        stripe: z.int().nullable(),
        journal_id: z.uuid().nullable(),
        wanted: z.string().nullable(),
        found: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "Verification" });

/** The books of one community. */
export function ledger(house: House): void {
  const tag = "ledger";
  readIn(house, {
    url: "/communities/:community/ledger/verify",
    tag,
    summary: "Recomputes every balance from the entries, and compares.",
    answer: verification,
    read: async ({ db, community }) => {
      const { mismatches, ...counts } = await verifyBooks(db, community);
      return { answer: { ...counts, mismatches: [...mismatches] } };
    },
  });
}
