import { sql } from "kysely";
import type { Reader, Writer } from "../db/database.ts";
import { openAccount } from "../ledger/accounts.ts";

export type Role = "member" | "manager" | "vendor" | "group";

/** A person or a group of a community; the ledger account has the same id. */
export interface Member {
  readonly id: string;
  readonly name: string;
  /** E.164. */
  readonly phone: string;
  readonly language: string;
  readonly roles: readonly Role[];
  /** Whose phone serves for them (R30), or who keeps the group; null for one with their own phone. */
  readonly guardian_id: string | null;
}

/** Most accounts one phone serves. */
export const accounts_max = 7;

const columns = ["id", "name", "phone", "language", "guardian_id"] as const;
const roles = sql<Role[]>`roles`.as("roles");

const active = (db: Reader, community_id: string) =>
  db
    .selectFrom("member")
    .select(columns)
    .select(roles)
    .where("community_id", "=", community_id)
    .where("status", "=", "active")
    .orderBy("created_at");

/** Who a phone serves in this community, the oldest account first. */
export const membersByPhone = (
  db: Reader,
  community_id: string,
  phone: string,
): Promise<readonly Member[]> =>
  active(db, community_id).where("phone", "=", phone).limit(accounts_max).execute();

export const memberByPhone = async (
  db: Reader,
  community_id: string,
  phone: string,
): Promise<Member | undefined> => (await membersByPhone(db, community_id, phone))[0];

export const memberById = (
  db: Reader,
  community_id: string,
  id: string,
): Promise<Member | undefined> => active(db, community_id).where("id", "=", id).executeTakeFirst();

/** The most people a search shows: more are not read on a small screen. */
const found_max = 14;

/** People whose name holds what was typed, whatever its case. */
export const membersByName = (
  db: Reader,
  community_id: string,
  typed: string,
): Promise<readonly Member[]> =>
  active(db, community_id)
    .where(sql<boolean>`strpos(lower(name), lower(${typed})) > 0`)
    .limit(found_max)
    .execute();

/** Everybody who may confirm claims. */
export const managersOf = (db: Reader, community_id: string): Promise<readonly Member[]> =>
  active(db, community_id)
    .where(sql<boolean>`'manager' = any (roles)`)
    .execute();

/** Whether a name typed is the first name somebody was enrolled under, whatever case and accents. */
export const isSameFirstName = (typed: string, name: string): boolean =>
  plain(typed).split(" ")[0] === plain(name).split(" ")[0];

const plain = (name: string): string =>
  name.normalize("NFD").replaceAll(/\p{M}/gu, "").trim().toLowerCase();

/** Whether a word typed is one of a name's, whatever case and accents. */
export const isCalled = (typed: string, name: string): boolean =>
  plain(name).split(" ").includes(plain(typed));

/**
 * Whether an account is one's own, of one's household, or any other that one's phone serves, such as
 * a group's that one keeps: nobody decides on those (R10).
 */
export const isOwn = (
  decider: Pick<Member, "id" | "phone">,
  account: Pick<Member, "guardian_id"> & { readonly phone: string | null },
): boolean => account.phone === decider.phone || account.guardian_id === decider.id;

/** What an account is for good, as the ledger has it. */
export const kindOf = (roles: readonly Role[]): "member" | "vendor" | "group" =>
  roles.find((role) => role === "vendor" || role === "group") ?? "member";

/** Whether an account earns: a vendor and a group have what others earned, and claim nothing. */
export const earns = ({ roles }: Pick<Member, "roles">): boolean => kindOf(roles) === "member";

/** Who keeps the groups of a phone: the oldest account there that is a person's own. */
export const keeperAt = async (
  db: Reader,
  community_id: string,
  phone: string,
): Promise<Member | undefined> => (await membersByPhone(db, community_id, phone)).find(earns);

/** Adds a member, a vendor or a group and opens the account that goes with it. */
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
  await openAccount(trx, community_id, { id: member.id, kind: kindOf(member.roles) });
}
