import { sql } from "kysely";
import type { Reader, Writer } from "../db/database.ts";
import { openAccount } from "../ledger/accounts.ts";

export type Role = "member" | "manager" | "vendor";

/** A person of a community; the ledger account has the same id. */
export interface Member {
  readonly id: string;
  readonly name: string;
  /** E.164. */
  readonly phone: string;
  readonly language: string;
  readonly roles: readonly Role[];
  /** Whose phone serves for them (R30); null for one with a phone of their own. */
  readonly guardian_id: string | null;
}

const columns = ["id", "name", "phone", "language", "guardian_id"] as const;
const roles = sql<Role[]>`roles`.as("roles");

/** Who a phone serves in this community. */
export async function memberByPhone(
  db: Reader,
  community_id: string,
  phone: string,
): Promise<Member | undefined> {
  return await db
    .selectFrom("member")
    .select(columns)
    .select(roles)
    .where("community_id", "=", community_id)
    .where("phone", "=", phone)
    .where("status", "=", "active")
    .orderBy("created_at")
    .executeTakeFirst();
}

/** Everybody who may confirm claims. */
export async function managersOf(db: Reader, community_id: string): Promise<readonly Member[]> {
  return await db
    .selectFrom("member")
    .select(columns)
    .select(roles)
    .where("community_id", "=", community_id)
    .where("status", "=", "active")
    .where(sql<boolean>`'manager' = any (roles)`)
    .orderBy("created_at")
    .execute();
}

/** Adds a member and opens the account that goes with it. */
export async function addMember(
  trx: Writer,
  community_id: string,
  now: Date,
  member: Member,
): Promise<void> {
  await trx
    .insertInto("member")
    .values({ ...member, roles: [...member.roles], community_id, created_at: now })
    .execute();
  const kind = member.roles.includes("vendor") ? "vendor" : "member";
  await openAccount(trx, community_id, { id: member.id, kind });
}
