import type { Context } from "./context.ts";
import { nameIn, type Names } from "./deeds.ts";
import type { Member } from "./members.ts";
import { isParty, openRedemptions } from "./settling.ts";

/** An open order as a text lists it; its code is kept only as a digest, and cannot be shown again. */
export interface ListedOrder {
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

/** Most orders that are looked at for one text. */
const listed_max = 60;

/** Open orders that a manager may settle, the oldest first; those of one phone where it is given. */
export async function ordersForManager(
  context: Context,
  manager: Member,
  phone?: string,
): Promise<readonly ListedOrder[]> {
  const rows = await listed(context)
    .where("redemption.expires_at", ">", context.now)
    .$if(phone !== undefined, (query) => query.where("member.phone", "=", phone ?? ""))
    .execute();
  // Nobody settles for themselves, for their household or to their own shop (R10).
  const others = rows.filter((row) => !isParty(manager, row));
  return others.map((row) => shown(context, manager, row));
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

const listed = (context: Context) =>
  openRedemptions(context)
    .select(["reward.code", "reward.position"])
    .orderBy("redemption.requested_at")
    .limit(listed_max);

const shown = (
  { community }: Context,
  reader: Member,
  row: Omit<ListedOrder, "name"> & { readonly reward: unknown },
): ListedOrder => ({
  id: row.id,
  member: row.member,
  code: row.code,
  position: row.position,
  name: nameIn(row.reward as Names, reader.language, community),
  amount: row.amount,
});
