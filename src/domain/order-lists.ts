import type { Context } from "./context.ts";
import { nameIn, type Names } from "./deeds.ts";
import type { Member } from "./members.ts";
import { withCode } from "./orders.ts";
import { isParty, openRedemptions } from "./settling.ts";

/** An open order as a list shows it; its code is kept only as a digest, and cannot be shown again. */
export interface ListedOrder {
  readonly [key: string]: string | number;
  readonly id: string;
  readonly member: string;
  /** `UMBRELLA`: the reward's word. */
  readonly code: string;
  readonly position: number;
  /** In the reader's language. */
  readonly name: string;
  /** iSoCCs that it holds. */
  readonly amount: number;
}

/** Most orders that one list is made of. */
const listed_max = 60;

/** Open orders that a manager may settle, the oldest first; of one phone or of some members, if asked. */
export async function ordersForManager(
  context: Context,
  manager: Member,
  of: { readonly phone?: string; readonly members?: readonly Member[] } = {},
): Promise<readonly ListedOrder[]> {
  const { phone, members } = of;
  if (members?.length === 0) return [];
  const ids = members?.map(({ id }) => id) ?? [];
  const rows = await listed(context)
    .where("redemption.expires_at", ">", context.now)
    .$if(phone !== undefined, (query) => query.where("member.phone", "=", phone ?? ""))
    .$if(ids.length > 0, (query) => query.where("redemption.member_id", "in", ids))
    .execute();
  // Nobody settles for themselves, for their household or to their own shop (R10).
  const others = rows.filter((row) => !isParty(manager, row));
  return others.map((row) => shown(context, manager, row));
}

/** The open order of a code, as a list shows it to a manager; none where it has expired. */
export async function ordersByCode(
  context: Context,
  { manager, code }: { manager: Member; code: string },
): Promise<readonly ListedOrder[]> {
  const rows = await withCode(context, code)
    .select(columns)
    .where("redemption.expires_at", ">", context.now)
    .execute();
  return rows.map((row) => shown(context, manager, row));
}

/** Open orders that a vendor is to hand over, the oldest first. */
export async function ordersAtVendor(
  context: Context,
  vendor: Member,
): Promise<readonly ListedOrder[]> {
  const rows = await listed(context)
    .where("redemption.vendor_id", "=", vendor.id)
    .where("redemption.expires_at", ">", context.now)
    .execute();
  return rows.map((row) => shown(context, vendor, row));
}

/** A member's own open orders, the oldest first. */
export async function ordersOfMember(
  context: Context,
  member: Member,
): Promise<readonly ListedOrder[]> {
  const rows = await listed(context).where("redemption.member_id", "=", member.id).execute();
  return rows.map((row) => shown(context, member, row));
}

const columns = ["reward.code", "reward.position"] as const;

const listed = (context: Context) =>
  openRedemptions(context).select(columns).orderBy("redemption.requested_at").limit(listed_max);

type Row = Pick<ListedOrder, "id" | "member" | "code" | "position" | "amount"> & {
  readonly reward: unknown;
};

const shown = ({ community }: Context, reader: Member, row: Row): ListedOrder => ({
  id: row.id,
  member: row.member,
  code: row.code,
  position: row.position,
  name: nameIn(row.reward as Names, reader.language, community),
  amount: row.amount,
});
