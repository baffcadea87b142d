import assert from "node:assert/strict";
import type { Reader, Writer } from "../db/database.ts";
import { audit } from "./audit.ts";
import type { Community } from "./communities.ts";
import { readMember, type MemberRecord, type Status, type VendorRecord } from "./member-records.ts";
import { accounts_max, keeperAt, kindOf, membersByPhone, type Role } from "./members.ts";
import { takeIn } from "./newcomers.ts";
import type { Speaker } from "./notify.ts";

/** Where, when and by whom something is changed. */
export interface At {
  readonly community: Community;
  readonly now: Date;
  readonly actor: string;
}

/** Who is to be enrolled. */
export interface Newcomer {
  readonly name: string;
  /** E.164. */
  readonly phone: string;
  readonly language: string;
  readonly roles: readonly Role[];
  readonly guardian_id: string | undefined;
  /** With the role vendor, and only with it. */
  readonly vendor: VendorRecord | undefined;
}

/** A field that cannot be so, whoever asks. */
export interface Unfit {
  readonly type: "unfit";
  readonly field: string;
  readonly why: string;
}

export type Enrolled =
  | { readonly type: "enrolled"; readonly member: MemberRecord }
  /** A member of that name on that phone is there already. */
  | { readonly type: "already-enrolled" }
  /** The phone serves as many accounts as it may. */
  | { readonly type: "phone-full"; readonly count: number }
  | Unfit;

/**
 * Enrols a member, a manager, a vendor or a group (R16, R26): they choose their PIN at their first
 * dial, and are told how. A group is kept by whoever has its phone, unless its keeper is named.
 */
export async function enrol(
  speaker: Speaker,
  actor: string,
  newcomer: Newcomer,
): Promise<Enrolled> {
  const { trx, community } = speaker;
  const { vendor, ...person } = newcomer;
  const unfit =
    unspoken(community, person.language) ??
    (await wrongGuardian(trx, community, newcomer)) ??
    (await unserved(trx, community, vendor));
  if (unfit !== undefined) return unfit;
  const guardian_id = person.guardian_id ?? (await keeperOf(trx, community, newcomer));
  const taken = await takeIn(speaker, { actor, person: { ...person, guardian_id }, vendor });
  if (taken.type === "known-here") return { type: "already-enrolled" };
  if (taken.type === "phone-full") return taken;
  return { type: "enrolled", member: await memberThatIs(trx, community, taken.id) };
}

const keeperOf = async (
  db: Reader,
  { id }: Community,
  { roles, phone }: Newcomer,
): Promise<string | null> =>
  kindOf(roles) === "group" ? ((await keeperAt(db, id, phone))?.id ?? null) : null;

const unspoken = ({ languages }: Community, language: string): Unfit | undefined =>
  languages.includes(language)
    ? undefined
    : { type: "unfit", field: "language", why: `Wants one of ${languages.join(", ")}.` };

async function wrongGuardian(
  db: Reader,
  community: Community,
  { guardian_id, phone }: Newcomer,
): Promise<Unfit | undefined> {
  if (guardian_id === undefined) return undefined;
  const guardian = await readMember(db, community.id, guardian_id);
  if (guardian === undefined)
    return { type: "unfit", field: "guardian_id", why: "There is no such member here." };
  return guardian.phone === phone
    ? undefined
    : { type: "unfit", field: "phone", why: "Wants the guardian's own: it serves for both." };
}

/** A vendor hands over what is on the Redeeming Menu. */
async function unserved(
  db: Reader,
  community: Community,
  vendor: VendorChanges | undefined,
): Promise<Unfit | undefined> {
  if (vendor?.serves === undefined || vendor.serves.length === 0) return undefined;
  const rows = await db
    .selectFrom("reward")
    .select("code")
    .where("community_id", "=", community.id)
    .where("valid_until", "is", null)
    .where("kind", "!=", "communal")
    .execute();
  const codes = new Set(rows.map(({ code }) => code));
  const at = vendor.serves.findIndex((code) => !codes.has(code));
  return at === -1
    ? undefined
    : { type: "unfit", field: `vendor.serves.${at}`, why: "There is no such reward on the menu." };
}

async function memberThatIs(db: Reader, community: Community, id: string): Promise<MemberRecord> {
  const member = await readMember(db, community.id, id);
  assert(member !== undefined, "a member of this transaction is there");
  return member;
}

/** What is to be changed of a member; what is absent stays. */
export interface MemberChanges {
  readonly name?: string | undefined;
  readonly phone?: string | undefined;
  readonly language?: string | undefined;
  readonly roles?: readonly Role[] | undefined;
  readonly status?: Status | undefined;
  readonly vendor?: VendorChanges | undefined;
}

type VendorChanges = { readonly [key in keyof VendorRecord]?: VendorRecord[key] | undefined };

export type MemberChanged =
  | { readonly type: "changed"; readonly member: MemberRecord }
  | { readonly type: "no-such-member" }
  /** A number moves by phone, before a witness and after a delay (R28). */
  | { readonly type: "number-moves-by-phone" }
  /** Nobody any more, for good. */
  | { readonly type: "erased-before" }
  | Unfit;

/** A member, and nobody else changes them before the transaction ends. */
export async function lockMember(
  trx: Writer,
  community: Community,
  id: string,
): Promise<MemberRecord | undefined> {
  await trx
    .selectFrom("member")
    .select("id")
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .forNoKeyUpdate()
    .execute();
  return await readMember(trx, community.id, id);
}

/** Changes a member's name, language, roles, status or a vendor's agreement. */
export async function changeMember(
  trx: Writer,
  at: At,
  id: string,
  changes: MemberChanges,
): Promise<MemberChanged> {
  const { community } = at;
  const before = await lockMember(trx, community, id);
  if (before === undefined) return { type: "no-such-member" };
  if (before.phone === "") return { type: "erased-before" };
  if (changes.phone !== undefined && changes.phone !== before.phone)
    return { type: "number-moves-by-phone" };
  const unfit = await whyUnfit(trx, community, before, changes);
  if (unfit !== undefined) return unfit;

  const { name, language, roles, status } = { ...before, ...defined(changes) };
  await trx
    .updateTable("member")
    .set({ name, language, roles: [...roles], status })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .execute();
  if (changes.vendor !== undefined) await changeVendor(trx, community, id, changes.vendor);
  const member = await memberThatIs(trx, community, id);
  await auditChange(trx, at, before, member);
  return { type: "changed", member };
}

const defined = (changes: MemberChanges): Partial<MemberRecord> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));

async function whyUnfit(
  trx: Writer,
  community: Community,
  before: MemberRecord,
  changes: MemberChanges,
): Promise<Unfit | undefined> {
  const is_vendor = before.vendor !== null;
  if (changes.language !== undefined) {
    const unknown = unspoken(community, changes.language);
    if (unknown !== undefined) return unknown;
  }
  if (changes.roles !== undefined && kindOf(changes.roles) !== kindOf(before.roles)) {
    const why =
      "A vendor's or a group's account is theirs alone: enrol once more for the other role.";
    return { type: "unfit", field: "roles", why };
  }
  if (changes.vendor !== undefined && !is_vendor)
    return { type: "unfit", field: "vendor", why: "This member is no vendor." };
  if (changes.status === "active" && before.status !== "active") {
    const { length } = await membersByPhone(trx, community.id, before.phone);
    if (length >= accounts_max)
      return {
        type: "unfit",
        field: "status",
        why: `Their phone serves ${length} accounts already.`,
      };
  }
  return await unserved(trx, community, changes.vendor);
}

async function changeVendor(
  trx: Writer,
  community: Community,
  member_id: string,
  { serves, ...terms }: VendorChanges,
): Promise<void> {
  const community_id = community.id;
  const changed = Object.entries(terms).filter(([, value]) => value !== undefined);
  if (changed.length > 0)
    await trx
      .updateTable("vendor")
      .set(Object.fromEntries(changed))
      .where("community_id", "=", community_id)
      .where("member_id", "=", member_id)
      .execute();
  if (serves === undefined) return;
  await trx
    .deleteFrom("reward_vendor")
    .where("community_id", "=", community_id)
    .where("vendor_id", "=", member_id)
    .execute();
  const rows = serves.map((reward_code) => ({ community_id, reward_code, vendor_id: member_id }));
  if (rows.length > 0) await trx.insertInto("reward_vendor").values(rows).execute();
}

async function auditChange(
  trx: Writer,
  { community, now, actor }: At,
  before: MemberRecord,
  after: MemberRecord,
): Promise<void> {
  const told = ["name", "language", "roles", "status", "vendor"] as const;
  const changed = told.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  if (changed.length === 0) return;
  const pick = (from: MemberRecord): object =>
    Object.fromEntries(changed.map((key) => [key, from[key]]));
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor,
      act: "member.changed",
      subject: `member:${after.id}`,
      before: pick(before),
      after: pick(after),
    },
  );
}
