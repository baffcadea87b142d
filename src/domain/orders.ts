import { codeDigest } from "./codes.ts";
import type { Context } from "./context.ts";
import { nameIn, type Names } from "./deeds.ts";
import type { Member } from "./members.ts";
import { isParty, openRedemptions } from "./settling.ts";

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

const withCode = (context: Context, code: string) =>
  openRedemptions(context).where("redemption.code_digest", "=", codeDigest(context.pepper, code));

/** An open redemption as a list shows it. */
export interface OpenRedemption {
  readonly [key: string]: string | number;
  readonly id: string;
  readonly name: string;
  readonly member: string;
  readonly amount: number;
}

const shown_max = 60;

/** A member's own open orders, the newest first. */
export async function ordersOf(
  context: Context,
  member: Member,
): Promise<readonly OpenRedemption[]> {
  const rows = await openRedemptions(context)
    .where("redemption.member_id", "=", member.id)
    .orderBy("redemption.requested_at", "desc")
    .limit(shown_max)
    .execute();
  return rows.map((row) => shown(context, member, row));
}

/** The open order of a code, as a list shows it to a manager; none where it has expired. */
export async function ordersByCode(
  context: Context,
  { manager, code }: { manager: Member; code: string },
): Promise<readonly OpenRedemption[]> {
  const rows = await withCode(context, code)
    .where("redemption.expires_at", ">", context.now)
    .execute();
  return rows.map((row) => shown(context, manager, row));
}

/** The open orders of these members that a manager may settle, the oldest first. */
export async function ordersToSettle(
  context: Context,
  { manager, members }: { manager: Member; members: readonly Member[] },
): Promise<readonly OpenRedemption[]> {
  if (members.length === 0) return [];
  const rows = await openRedemptions(context)
    .where(
      "redemption.member_id",
      "in",
      members.map(({ id }) => id),
    )
    .where("redemption.expires_at", ">", context.now)
    .orderBy("redemption.requested_at")
    .limit(shown_max)
    .execute();
  return rows.filter((row) => !isParty(manager, row)).map((row) => shown(context, manager, row));
}

const shown = (
  { community }: Context,
  reader: Member,
  row: { id: string; reward: unknown; member: string; amount: number },
): OpenRedemption => ({
  id: row.id,
  name: nameIn(row.reward as Names, reader.language, community),
  member: row.member,
  amount: row.amount,
});
