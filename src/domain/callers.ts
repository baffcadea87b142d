import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import { communityColumns, text_proof, type Community } from "./communities.ts";
import { accounts_max, type Member, type Role } from "./members.ts";
import { isIdle } from "./silence.ts";

/** An account a phone serves, as it stands when the phone calls. */
export interface Account extends Member {
  /** `none` before the first dial, `reset` once a manager's reset may be used (R27). */
  readonly pin: "none" | "set" | "reset";
  /** Quiet for so long that the number may be somebody else's by now (R28). */
  readonly idle: boolean;
  /** For a vendor: whether they may cash out (R15). */
  readonly cashes_out: boolean;
}

/**
 * The community and the accounts its caller's phone serves, the oldest first, in one round trip:
 * every key press begins with it.
 * @throws when there is no such community.
 */
export async function whoCalls(
  db: Reader,
  at: { community_id: string; phone: string; now: Date },
): Promise<{ community: Community; accounts: readonly Account[] }> {
  const rows = await db
    .selectFrom("community")
    .leftJoin("member as m", (join) =>
      join
        .onRef("m.community_id", "=", "community.id")
        .on("m.phone", "=", at.phone)
        .on("m.status", "=", "active"),
    )
    .leftJoin("pin as p", (join) =>
      join.onRef("p.community_id", "=", "m.community_id").onRef("p.member_id", "=", "m.id"),
    )
    .leftJoin("vendor as v", (join) =>
      join.onRef("v.community_id", "=", "m.community_id").onRef("v.member_id", "=", "m.id"),
    )
    .select(communityColumns)
    .select(text_proof)
    .select([
      "m.id as member_id",
      "m.name as member_name",
      "m.phone",
      "m.language",
      "m.guardian_id",
      sql<Role[] | null>`m.roles`.as("roles"),
      "m.created_at",
      "m.active_at",
      "p.changed_at",
      "p.reset_ready_at",
      "v.agreement",
    ])
    .where("community.id", "=", at.community_id)
    .orderBy("m.created_at")
    .limit(accounts_max)
    .execute();
  const [first] = rows;
  if (first === undefined) throw new Error("there is no such community");
  // What is the caller's does not travel with the community.
  const { member_id, member_name, phone, language, guardian_id, roles, ...rest } = first;
  const { created_at, active_at, changed_at, reset_ready_at, agreement, ...community } = rest;
  return { community, accounts: rows.flatMap((row) => accountOf(row, at.now) ?? []) };
}

/** The columns of an account; all null where the phone serves nobody here. */
interface Row {
  readonly member_id: string | null;
  readonly member_name: string | null;
  readonly phone: string | null;
  readonly language: string | null;
  readonly roles: readonly Role[] | null;
  readonly guardian_id: string | null;
  readonly created_at: Date | null;
  readonly active_at: Date | null;
  readonly changed_at: Date | null;
  readonly reset_ready_at: Date | null;
  readonly agreement: string | null;
}

function accountOf(row: Row, now: Date): Account | undefined {
  const { member_id: id, member_name: name, phone, language, roles, created_at } = row;
  if (id === null || name === null || phone === null) return undefined;
  if (language === null || roles === null || created_at === null) return undefined;
  const seen_at = row.active_at ?? created_at;
  const is_reset = row.reset_ready_at !== null && row.reset_ready_at <= now;
  return {
    ...{ id, name, phone, language, roles, guardian_id: row.guardian_id },
    // A PIN has a day on which it was chosen.
    pin: row.changed_at === null ? "none" : is_reset ? "reset" : "set",
    idle: isIdle(seen_at, now),
    cashes_out: row.agreement === "small",
  };
}
