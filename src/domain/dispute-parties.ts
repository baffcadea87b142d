import { sql, type Expression, type SqlBool } from "kysely";
import type { Reader } from "../db/database.ts";
import type { Member } from "./members.ts";

/** A community's disputes, joined with who raised each and the other party, where there is one. */
export const disputesWithParties = (db: Reader, community_id: string) =>
  db
    .selectFrom("dispute")
    .innerJoin("member", (join) =>
      join
        .onRef("member.community_id", "=", "dispute.community_id")
        .onRef("member.id", "=", "dispute.member_id"),
    )
    .leftJoin("member as other", (join) =>
      join
        .onRef("other.community_id", "=", "dispute.community_id")
        .onRef("other.id", "=", "dispute.other_id"),
    )
    .where("dispute.community_id", "=", community_id);

interface Deciding {
  readonly id: Expression<string>;
  readonly phone: Expression<string>;
}

/**
 * In SQL: whether a manager is no party to a dispute, and so may decide on it. It may be theirs, their
 * household's or another account's on their phone, on either side of it (R10), or it may be their own
 * act that is disputed, or that of such an account.
 */
const isNoParty = ({ id, phone }: Deciding): Expression<SqlBool> => sql<boolean>`
  not exists (
    select from member as party
    where party.community_id = dispute.community_id
      and party.id in (dispute.member_id, dispute.other_id, dispute.acted_by)
      and (party.phone = ${phone} or party.guardian_id = ${id})
  )
`;

/** In SQL: whether this manager is no party to a dispute. */
export const mayDecide = ({ id, phone }: Pick<Member, "id" | "phone">): Expression<SqlBool> =>
  isNoParty({ id: sql<string>`${id}::uuid`, phone: sql<string>`${phone}::text` });

const manager_may_decide = sql<boolean>`
  manager.community_id = dispute.community_id
    and manager.status = 'active' and 'manager' = any (manager.roles)
    and ${isNoParty({ id: sql.ref("manager.id"), phone: sql.ref("manager.phone") })}
`;

/** In SQL: whether there is a manager who may decide; where there is none, the partner decides alone. */
export const has_manager = sql<boolean>`
  exists (select from member as manager where ${manager_may_decide})
`;

/** The managers who may decide on a dispute. */
export const managersToDecide = (
  db: Reader,
  { community_id, dispute_id }: { community_id: string; dispute_id: string },
): Promise<readonly Pick<Member, "id" | "phone" | "language">[]> =>
  db
    .selectFrom("dispute")
    .innerJoin("member as manager", (join) => join.on(manager_may_decide))
    .select(["manager.id", "manager.phone", "manager.language"])
    .where("dispute.community_id", "=", community_id)
    .where("dispute.id", "=", dispute_id)
    .orderBy("manager.created_at")
    .execute();
