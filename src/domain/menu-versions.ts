import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import type { Names } from "./deeds.ts";

/** A deed as the menu has it, in every language, and from when until when (R4, R6). */
export interface DeedVersion {
  readonly id: string;
  readonly code: string;
  readonly name: Names;
  readonly value: number;
  readonly value_max: number | null;
  readonly unit: Names | null;
  readonly units_max: number;
  readonly cap_count: number | null;
  readonly cap_days: number | null;
  readonly sensitive: boolean;
  readonly position: number;
  readonly valid_from: Date;
  readonly valid_until: Date | null;
}

export type RewardKind = "purchase" | "part-payment" | "unlock" | "communal";

/** A reward as the menu has it, individual or communal (R7). */
export interface RewardVersion {
  readonly id: string;
  readonly code: string;
  readonly kind: RewardKind;
  readonly name: Names;
  readonly price: number;
  /** What is left; null for as many as are asked for. */
  readonly stock: number | null;
  /** What there was when it was last stocked. */
  readonly stock_given: number | null;
  readonly position: number;
  readonly valid_from: Date;
  readonly valid_until: Date | null;
}

/** Both menus at one moment, in their order. */
export interface Menu {
  readonly deeds: readonly DeedVersion[];
  readonly rewards: readonly RewardVersion[];
}

// Words by language are what founding and menu changes put in; the column says only that it is JSON.
const name = sql<Names>`name`.as("name");
const unit = sql<Names | null>`unit`.as("unit");
const kind = sql<RewardKind>`kind`.as("kind");

/** The menus at a moment; what is in force when none is named, changes to come not counted. */
export async function menuAt(db: Reader, community_id: string, at?: Date): Promise<Menu> {
  const then = at?.toISOString();
  const inForce =
    then === undefined
      ? sql<boolean>`valid_until is null`
      : sql<boolean>`valid_from <= ${then} and (valid_until is null or valid_until > ${then})`;
  const deeds = await db
    .selectFrom("deed")
    .select(["id", "code", "value", "value_max", "units_max", "cap_count", "cap_days"])
    .select(["sensitive", "position", "valid_from", "valid_until"])
    .select([name, unit])
    .where("community_id", "=", community_id)
    .where(inForce)
    .orderBy("position")
    .execute();
  const rewards = await db
    .selectFrom("reward")
    .select(["id", "code", "price", "stock", "stock_given", "position"])
    .select(["valid_from", "valid_until"])
    .select([name, kind])
    .where("community_id", "=", community_id)
    .where(inForce)
    .orderBy("position")
    .execute();
  return { deeds, rewards };
}

/** Most versions that are named; each is a day on which the menus changed. */
const versions_max = 100;

/** The moments from which on the menus were different, the latest first: also where something only ended. */
export async function menuMoments(db: Reader, community_id: string): Promise<readonly Date[]> {
  const { rows } = await sql<{ at: Date }>`
    select valid_from as at from deed where community_id = ${community_id}
    union
    select valid_until from deed where community_id = ${community_id} and valid_until is not null
    union
    select valid_from from reward where community_id = ${community_id}
    union
    select valid_until from reward where community_id = ${community_id} and valid_until is not null
    order by at desc
    limit ${versions_max}
  `.execute(db);
  return rows.map(({ at }) => at);
}
