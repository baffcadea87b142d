import { sql } from "kysely";
import { receiptCode } from "./codes.ts";
import type { Context } from "./context.ts";
import type { Member } from "./members.ts";
import { hasCode } from "./receipt-codes.ts";

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
/** Lines of an account that a list of its receipts is of: more are not read on a small screen. */
const shown_max = 60;
/** Lines among which a receipt is looked for by its code: seven a minute, all day. */
const searched_max = 10_000;

/**
 * A member's receipts of the last 24 hours that nobody has disputed yet (R17), the newest first:
 * what they earned, sent, received, and what changed hands for a reward. A cash-out is none, for the
 * cash is with the vendor by then, and neither is a reversal. Of the account's newest lines alone;
 * any is found by its code.
 */
export const openReceipts = (
  context: Context,
  member: Pick<Member, "id">,
): Promise<readonly OpenReceipt[]> => readReceipts(context, member);

/** The receipt that a member names by its code, in any case; undefined when it is none of those. */
export async function openReceiptByCode(
  context: Context,
  member: Pick<Member, "id">,
  code: string,
): Promise<OpenReceipt | undefined> {
  return (await readReceipts(context, member, code))[0];
}

async function readReceipts(
  { trx, community, now }: Context,
  member: Pick<Member, "id">,
  code?: string,
): Promise<readonly OpenReceipt[]> {
  const since = new Date(now.getTime() - dispute_hours * 3_600_000);
  let query = trx
    // The account's newest lines first, found by its key, and only then what they are of.
    .selectFrom((eb) =>
      eb
        .selectFrom("ledger.entry")
        .select(["journal_id", "amount", "seq"])
        .where("community_id", "=", community.id)
        .where("account_id", "=", member.id)
        .where("stripe", "=", 0)
        .orderBy("seq", "desc")
        .limit(code === undefined ? shown_max : searched_max)
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
    .orderBy("e.seq", "desc");
  if (code !== undefined) query = query.where(hasCode(sql.ref("e.journal_id"), code));
  const lines = await query.execute();
  return lines.map((line) => ({ ...line, receipt: receiptCode(line.journal_id) }));
}
