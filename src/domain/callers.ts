import { sql, type RawBuilder } from "kysely";
import type { Reader } from "../db/database.ts";
import { communityColumns, type Community } from "./communities.ts";
import { accounts_max, type Member } from "./members.ts";

/** An account a phone serves, as it stands when the phone calls. */
export interface Account extends Member {
  /** `none` before the first dial, `reset` once a manager's reset may be used (R27). */
  readonly pin: "none" | "set" | "reset";
  /** Quiet for so long that the number may be somebody else's by now (R28). */
  readonly idle: boolean;
  /** For a vendor: whether they may cash out (R15). */
  readonly cashes_out: boolean;
}

const idle_days = 90;

/**
 * The community and the accounts its caller's phone serves, in one round trip: every key press
 * begins with it.
 * @throws when there is no such community.
 */
export async function whoCalls(
  db: Reader,
  at: { community_id: string; phone: string; now: Date },
): Promise<{ community: Community; accounts: readonly Account[] }> {
  const { accounts, ...community } = await db
    .selectFrom("community")
    .select(communityColumns)
    .select(accountsOf(at).as("accounts"))
    .where("id", "=", at.community_id)
    .executeTakeFirstOrThrow();
  return { community, accounts };
}

const accountsOf = ({ phone, now }: { phone: string; now: Date }): RawBuilder<readonly Account[]> =>
  sql<readonly Account[]>`coalesce(
    (
      select jsonb_agg(to_jsonb(account) - 'created_at' order by account.created_at)
      from (
        select m.id, m.name, m.phone, m.language, m.roles, m.guardian_id, m.created_at,
          case
            when p.member_id is null then 'none'
            when p.reset_ready_at <= ${now}::timestamptz then 'reset'
            else 'set'
          end as pin,
          coalesce(m.active_at, m.created_at)
            < ${now}::timestamptz - ${idle_days} * interval '1 day' as idle,
          coalesce(v.agreement = 'small', false) as cashes_out
        from member as m
        left join pin as p on p.community_id = m.community_id and p.member_id = m.id
        left join vendor as v on v.community_id = m.community_id and v.member_id = m.id
        where m.community_id = community.id and m.phone = ${phone} and m.status = 'active'
        order by m.created_at
        limit ${accounts_max}
      ) as account
    ),
    '[]'
  )`;
