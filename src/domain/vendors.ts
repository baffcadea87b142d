import type { Writer } from "../db/database.ts";

/** A vendor's agreement: what goes with the role `vendor` (R15). */
export interface NewVendor {
  readonly member_id: string;
  /** `csr` gives goods without cash for them; `small` may cash out. */
  readonly agreement: "csr" | "small";
  /** Where they are found, for a small screen. */
  readonly place: string;
  /** Codes of the rewards they hand over. */
  readonly serves: readonly string[];
}

/** Makes a vendor of a member that has the role, with the rewards they serve. */
export async function addVendor(
  trx: Writer,
  community_id: string,
  { member_id, agreement, place, serves }: NewVendor,
): Promise<void> {
  await trx.insertInto("vendor").values({ community_id, member_id, agreement, place }).execute();
  if (serves.length === 0) return;
  await trx
    .insertInto("reward_vendor")
    .values(serves.map((reward_code) => ({ community_id, reward_code, vendor_id: member_id })))
    .execute();
}
