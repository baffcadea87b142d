import { sql } from "kysely";
import { receiptCode } from "./codes.ts";
import type { Context } from "./context.ts";
import type { Member } from "./members.ts";

/** A receipt that may still be disputed. */
export interface OpenReceipt {
  readonly [key: string]: string | number | null;
  readonly journal_id: string;
  /** `SC7K2Q9P`. */
  readonly receipt: string;
  /** iSoCCs that came, or went when negative. */
  readonly moved: number;
  /** The other party, where it is a person; null for the community itself. */
  readonly other_id: string | null;
}

const dispute_hours = 24;
/** Most receipts of one day that are looked at, the newest first. */
const receipts_max = 60;

/**
 * A member's receipts of the last 24 hours that nobody has disputed yet (R17), the newest first:
 * what they earned, sent, received, and what changed hands for a reward. A cash-out is none, for the
 * cash is with the vendor by then, and neither is a reversal.
 */
export async function openReceipts(
  { trx, community, now }: Context,
  member: Pick<Member, "id">,
): Promise<readonly OpenReceipt[]> {
  const since = new Date(now.getTime() - dispute_hours * 3_600_000);
  const lines = await trx
    // The account's newest lines first, found by its key, and only then what they are of.
    .selectFrom((eb) =>
      eb
        .selectFrom("ledger.entry")
        .select(["journal_id", "amount", "seq"])
        .where("community_id", "=", community.id)
        .where("account_id", "=", member.id)
        .where("stripe", "=", 0)
        .orderBy("seq", "desc")
        .limit(receipts_max)
        .as("e"),
    )
    .innerJoin("ledger.journal as j", (join) =>
      join.on("j.community_id", "=", community.id).onRef("j.id", "=", "e.journal_id"),
    )
    .leftJoin("dispute as d", (join) =>
      join.on("d.community_id", "=", community.id).onRef("d.journal_id", "=", "e.journal_id"),
    )
    .leftJoin("member as other", (join) =>
      join
        .on("other.community_id", "=", community.id)
        .on("other.id", "!=", member.id)
        .on(sql<boolean>`other.id = any (j.accounts)`),
    )
    .select(["e.journal_id", "e.amount as moved", "other.id as other_id"])
    .where("j.kind", "in", ["earning", "transfer", "redemption"])
    .where("j.happened_at", ">", since)
    .where("d.id", "is", null)
    .orderBy("e.seq", "desc")
    .execute();
  return lines.map((line) => ({ ...line, receipt: receiptCode(line.journal_id) }));
}

/** The receipt that a member names by its code, in any case; undefined when it is none of those. */
export async function openReceiptByCode(
  context: Context,
  member: Pick<Member, "id">,
  code: string,
): Promise<OpenReceipt | undefined> {
  const receipts = await openReceipts(context, member);
  return receipts.find(({ receipt }) => receipt === code.toUpperCase());
}
