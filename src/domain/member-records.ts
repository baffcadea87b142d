import { sql, type RawBuilder } from "kysely";
import type { Reader } from "../db/database.ts";
import type { Role } from "./members.ts";
import { pageOf, type Page, type PageAsked } from "./pages.ts";
import type { NewVendor } from "./vendors.ts";

/** A vendor's agreement and what they hand over. */
export type VendorRecord = Omit<NewVendor, "member_id">;

export type Status = "active" | "closed";

/** A person of a community as the admin API shows them: phone numbers are for who may see them. */
export interface MemberRecord {
  readonly id: string;
  readonly name: string;
  /** E.164. */
  readonly phone: string;
  readonly language: string;
  readonly roles: readonly Role[];
  readonly status: Status;
  readonly guardian_id: string | null;
  readonly vendor: VendorRecord | null;
  /** What they can spend, in iSoCCs. */
  readonly balance: number;
  readonly created_at: Date;
}

/** The database's checks say what these may be; the types generated from it do not. */
export const roles = sql<Role[]>`member.roles`.as("roles");
export const status = sql<Status>`member.status`.as("status");

const vendor: RawBuilder<VendorRecord | null> = sql`
  case when vendor.member_id is not null then jsonb_build_object(
    'agreement', vendor.agreement,
    'place', vendor.place,
    'serves', array(
      select s.reward_code from reward_vendor as s
      where s.community_id = member.community_id and s.vendor_id = member.id
      order by s.reward_code
    )
  ) end
`;

const records = (db: Reader, community_id: string) =>
  db
    .selectFrom("member")
    .leftJoin("vendor", (join) =>
      join
        .onRef("vendor.community_id", "=", "member.community_id")
        .onRef("vendor.member_id", "=", "member.id"),
    )
    .leftJoin("ledger.account as account", (join) =>
      join
        .onRef("account.community_id", "=", "member.community_id")
        .onRef("account.id", "=", "member.id")
        .on("account.stripe", "=", 0),
    )
    .select([
      "member.id",
      "member.name",
      "member.phone",
      "member.language",
      "member.guardian_id",
      "member.created_at",
    ])
    .select([roles, status, vendor.as("vendor")])
    .select(sql<number>`coalesce(account.posted - account.held, 0)`.as("balance"))
    .where("member.community_id", "=", community_id);

/** What the members' list is asked for. */
export interface MembersAsked extends PageAsked {
  readonly status?: Status | undefined;
  readonly role?: Role | undefined;
  readonly phone?: string | undefined;
}

/** The people of a community, the newest first. */
export async function listMembers(
  db: Reader,
  community_id: string,
  asked: MembersAsked,
): Promise<Page<MemberRecord>> {
  let query = records(db, community_id);
  if (asked.status !== undefined) query = query.where("member.status", "=", asked.status);
  if (asked.role !== undefined)
    query = query.where(sql<boolean>`${asked.role} = any (member.roles)`);
  if (asked.phone !== undefined) query = query.where("member.phone", "=", asked.phone);
  if (asked.after !== undefined) query = query.where("member.id", "<", asked.after);
  const rows = await query
    .orderBy("member.id", "desc")
    .limit(asked.limit + 1)
    .execute();
  return pageOf(rows, asked.limit);
}

export const readMember = (
  db: Reader,
  community_id: string,
  id: string,
): Promise<MemberRecord | undefined> =>
  records(db, community_id).where("member.id", "=", id).executeTakeFirst();
