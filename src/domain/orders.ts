import { codeDigest } from "./codes.ts";
import type { Context } from "./context.ts";
import type { Member } from "./members.ts";
import { openRedemptions } from "./settling.ts";

/** A member's own open order by the code they were texted; undefined where they have none such. */
export async function ownOrderByCode(
  context: Context,
  { member, code }: { member: Member; code: string },
): Promise<{ readonly id: string } | undefined> {
  return await withCode(context, code)
    .where("redemption.member_id", "=", member.id)
    .executeTakeFirst();
}

/** An open order of anybody's by its code; undefined where there is none. */
export const orderToSettle = (
  context: Context,
  code: string,
): Promise<{ readonly id: string } | undefined> => withCode(context, code).executeTakeFirst();

/** The query behind open redemptions of a code. */
export const withCode = (context: Context, code: string) =>
  openRedemptions(context).where("redemption.code_digest", "=", codeDigest(context.pepper, code));
