import { sql } from "kysely";
import { jsonArrayFrom } from "kysely/helpers/postgres";
import type { Reader, Writer } from "../db/database.ts";
import type { Community } from "./communities.ts";
import { nameIn, type Names } from "./deeds.ts";

/** A vendor that hands a reward over. */
export interface ServingVendor {
  readonly [key: string]: string;
  readonly id: string;
  readonly name: string;
  /** Where they are found. */
  readonly place: string;
}

/** An individual item of the Redeeming Menu as one reader sees it (R7). */
export interface Reward {
  readonly [key: string]: string | number | readonly ServingVendor[];
  readonly id: string;
  readonly code: string;
  /** Its number on the whole menu, the same whatever is out of stock. */
  readonly position: number;
  readonly kind: string;
  /** In the reader's language. */
  readonly name: string;
  /** iSoCCs to pay, or for an unlock to have. */
  readonly price: number;
  /** Empty where the partner hands it over. */
  readonly vendors: readonly ServingVendor[];
}

/** The individual rewards in force that are not out of stock, in the menu's order. */
export async function rewardsInForce(
  db: Reader,
  community: Community,
  reader: { readonly id: string; readonly language: string },
): Promise<readonly Reward[]> {
  const rows = await db
    .selectFrom("reward")
    .select((eb) => [
      "id",
      "code",
      "position",
      "kind",
      "name",
      "price",
      jsonArrayFrom(
        eb
          .selectFrom("reward_vendor as served")
          .innerJoin("vendor", (join) =>
            join
              .onRef("vendor.community_id", "=", "served.community_id")
              .onRef("vendor.member_id", "=", "served.vendor_id"),
          )
          .innerJoin("member", (join) =>
            join
              .onRef("member.community_id", "=", "vendor.community_id")
              .onRef("member.id", "=", "vendor.member_id"),
          )
          .select(["member.id", "member.name", "vendor.place"])
          .whereRef("served.community_id", "=", "reward.community_id")
          .whereRef("served.reward_code", "=", "reward.code")
          .where("member.status", "=", "active")
          // Nobody is their own customer.
          .where("member.id", "!=", reader.id)
          .orderBy("member.name"),
      ).as("vendors"),
      sql<boolean>`exists (
        select from reward_vendor as served
        where served.community_id = reward.community_id and served.reward_code = reward.code
      )`.as("is_served"),
    ])
    .where("community_id", "=", community.id)
    .where("valid_until", "is", null)
    .where("kind", "!=", "communal")
    .where((eb) => eb.or([eb("stock", "is", null), eb("stock", ">", 0)]))
    .orderBy("position")
    .execute();
  // What only the reader or one who has left serves is nobody's to hand over, the partner's neither.
  const offered = rows.filter(({ vendors, is_served }) => !is_served || vendors.length > 0);
  return offered.map(({ name, vendors, is_served, ...reward }) => ({
    ...reward,
    name: nameIn(name as Names, reader.language, community),
    vendors: vendors.map((vendor) => ({ ...vendor })),
  }));
}

/**
 * Puts a reward that was not handed over back into stock: to the row in force with its code, for the
 * one that was ordered may have ended since. Nothing where it is not counted, or is no longer there.
 */
export async function putIntoStock(
  trx: Writer,
  community: Community,
  reward_id: string,
): Promise<void> {
  const put = async (): Promise<boolean> => {
    const { numUpdatedRows } = await trx
      .updateTable("reward")
      .set((eb) => ({ stock: eb("stock", "+", 1) }))
      .where("community_id", "=", community.id)
      .where("code", "=", (eb) =>
        eb
          .selectFrom("reward as ordered")
          .select("ordered.code")
          .where("ordered.community_id", "=", community.id)
          .where("ordered.id", "=", reward_id),
      )
      .where("valid_until", "is", null)
      .where("stock", "is not", null)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  };
  // A change of the menu at this very moment ends the row that was waited for: only another statement
  // sees the one after it.
  if (!(await put())) await put();
}

/** A communal item of the Redeeming Menu as one reader sees it. */
export interface CommunalReward {
  readonly [key: string]: string | number;
  readonly id: string;
  readonly code: string;
  /** Its number on the whole menu. */
  readonly position: number;
  /** In the reader's language. */
  readonly name: string;
  /** commSoCCs. */
  readonly price: number;
}

/** What the cache can be spent on, cheapest first. */
export async function communalRewards(
  db: Reader,
  community: Community,
  language: string,
): Promise<readonly CommunalReward[]> {
  const rows = await db
    .selectFrom("reward")
    .select(["id", "code", "position", "name", "price"])
    .where("community_id", "=", community.id)
    .where("valid_until", "is", null)
    .where("kind", "=", "communal")
    .orderBy("price")
    .execute();
  return rows.map(({ name, ...reward }) => ({
    ...reward,
    name: nameIn(name as Names, language, community),
  }));
}
