import { codeDigest } from "./codes.ts";
import type { Context } from "./context.ts";
import type { Member } from "./members.ts";
import { openRedemptions } from "./settling.ts";

/** A member's own open order by the code they were texted; undefined where they have none such. */
export async function ownOrderByCode(
  context: Context,
  { member, code }: { member: Member; code: string },
): Promise<{ readonly id: string } | undefined> {
  return await openRedemptions(context)
    .where("redemption.member_id", "=", member.id)
    .where("redemption.code_digest", "=", codeDigest(context.pepper, "code", code))
    .executeTakeFirst();
}

/** An open order of anybody's by the code that its vendor was texted; undefined where there is none. */
export const orderToSettle = (
  context: Context,
  code: string,
): Promise<{ readonly id: string } | undefined> =>
  openRedemptions(context)
    .where("redemption.code_digest", "=", codeDigest(context.pepper, "code", code))
    .executeTakeFirst();
