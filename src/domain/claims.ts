import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import type { Reader, Writer } from "../db/database.ts";
import { newClaimCode } from "./codes.ts";
import type { Community } from "./communities.ts";
import type { Context } from "./context.ts";
import { deedRows, leftOf, nameIn, type Names } from "./deeds.ts";
import { earns, isOwn, managersOf, type Member } from "./members.ts";
import { notify } from "./notify.ts";

/** One member's report of having done a deed, as a manager decides on it. */
export interface Claim {
  readonly [key: string]: string | number | boolean;
  readonly id: string;
  readonly code: string;
  readonly member_id: string;
  readonly member_name: string;
  readonly deed_id: string;
  /** In the reader's language. */
  readonly deed: string;
  /** `CLEAN`, and its number on the menu. */
  readonly deed_code: string;
  readonly position: number;
  readonly sensitive: boolean;
  /** iSoCCs. */
  readonly value: number;
}

/** Most claims of one member that may wait at once. */
const waiting_max = 20;
const code_tries_max = 8;
/** Most waiting claims a manager is shown, the oldest first. */
const shown_max = 200;

export type Claimed =
  | { readonly type: "claimed"; readonly fields: { readonly code: string; readonly value: number } }
  | { readonly type: "no-longer-on-menu" }
  /** The deed's cap leaves none for this member (R6). */
  | {
      readonly type: "cap-reached";
      readonly fields: { readonly count: number; readonly days: number; readonly day: string };
    }
  | { readonly type: "too-many-waiting"; readonly fields: { readonly count: number } };

export interface NewClaim {
  readonly once: string;
  readonly member: Member;
  readonly deed_id: string;
  readonly units: number;
  /** For each unit; the deed's own unless it has a range. */
  readonly value?: number;
}

/**
 * Claims a deed at the value in force (R4, R9) and asks every manager who may decide.
 * Doing it again under the same `once` answers with the first claim.
 */
export async function claimDeed(context: Context, spec: NewClaim): Promise<Claimed> {
  const made = await makeClaim(context, spec);
  if (made.type !== "made") return made;
  const { claim, deed, repeated } = made;
  const { code, value } = claim;
  if (!repeated) {
    const { member } = spec;
    const managers = await managersOf(context.trx, context.community.id);
    const asked = managers.filter((manager) => !isOwn(manager, member));
    await notify(
      context,
      asked.map((manager) => ({
        to: manager,
        purpose: "request",
        text: "claim-waiting",
        fields: { name: member.name, deed: labelOf(context, deed, manager), value, code },
      })),
    );
  }
  return { type: "claimed", fields: { code, value } };
}

export type Made =
  | {
      readonly type: "made";
      readonly claim: { readonly id: string; readonly code: string; readonly value: number };
      readonly deed: { readonly name: unknown; readonly sensitive: boolean };
      readonly repeated: boolean;
    }
  | Exclude<Claimed, { readonly type: "claimed" }>;

/** Writes a claim, within the deed's caps, and tells nobody of it. */
export async function makeClaim(context: Context, spec: NewClaim): Promise<Made> {
  const { trx, community, now } = context;
  const { member, units } = spec;
  // What a vendor has can be cashed, what is earned never (R15): no screen and no text lets one claim.
  assert(earns(member), "only who earns has claims");
  const deed = (await deedRows(trx, context, member)).find(({ id }) => id === spec.deed_id);
  const value = spec.value ?? deed?.value ?? 0;
  if (deed === undefined || units > deed.units_max) return { type: "no-longer-on-menu" };
  if (value < deed.value || value > (deed.value_max ?? deed.value))
    return { type: "no-longer-on-menu" };
  const known = await claimNamed(trx, community.id, spec.once);
  if (known !== undefined) return { type: "made", claim: known, deed, repeated: true };
  const { cap_left, cap_ends: day } = leftOf(deed, community);
  if (cap_left === 0) {
    const fields = { count: deed.cap_count ?? 0, days: deed.cap_days ?? 0, day };
    return { type: "cap-reached", fields };
  }
  const waiting = await countWaiting(context, member);
  if (waiting >= waiting_max) return { type: "too-many-waiting", fields: { count: waiting } };
  const { repeated, ...claim } = await insertClaim(trx, {
    community_id: community.id,
    once: spec.once,
    member_id: member.id,
    deed_id: deed.id,
    units,
    value: value * units,
    claimed_at: now,
    expires_at: new Date(now.getTime() + community.claim_expiry_days * 86_400_000),
  });
  return { type: "made", claim, deed, repeated };
}

async function countWaiting({ trx, community, now }: Context, member: Member): Promise<number> {
  const { waiting } = await trx
    .selectFrom("claim")
    .select(({ fn }) => fn.countAll<number>().as("waiting"))
    .where("community_id", "=", community.id)
    .where("member_id", "=", member.id)
    .where("state", "=", "waiting")
    .where("expires_at", ">", now)
    .executeTakeFirstOrThrow();
  return waiting;
}

/** Inserts under a code that no waiting claim has; finds the claim if this act made it before. */
async function insertClaim(
  trx: Writer,
  claim: {
    community_id: string;
    once: string;
    member_id: string;
    deed_id: string;
    units: number;
    value: number;
    claimed_at: Date;
    expires_at: Date;
  },
): Promise<{ id: string; code: string; value: number; repeated: boolean }> {
  for (let tries = 0; tries < code_tries_max; tries += 1) {
    const inserted = await trx
      .insertInto("claim")
      .values({ ...claim, id: uuid(), code: newClaimCode() })
      .onConflict((conflict) => conflict.doNothing())
      .returning(["id", "code", "value"])
      .executeTakeFirst();
    if (inserted !== undefined) return { ...inserted, repeated: false };
    const known = await claimNamed(trx, claim.community_id, claim.once);
    if (known !== undefined) return { ...known, repeated: true };
  }
  throw new Error("no free claim code: too many claims are waiting");
}

const claimNamed = (db: Reader, community_id: string, once: string) =>
  db
    .selectFrom("claim")
    .select(["id", "code", "value"])
    .where("community_id", "=", community_id)
    .where("once", "=", once)
    .executeTakeFirst();

/** Claims a manager may decide on (R10), oldest first. */
export async function waitingClaims(
  { trx, community, now }: Context,
  manager: Member,
): Promise<readonly Claim[]> {
  const rows = await waiting(trx, community, now)
    .where("member.phone", "!=", manager.phone)
    .where((eb) =>
      eb.or([eb("member.guardian_id", "is", null), eb("member.guardian_id", "!=", manager.id)]),
    )
    .orderBy("claim.claimed_at")
    .limit(shown_max)
    .execute();
  return rows.map(({ guardian_id, phone, ...row }) => ({
    ...row,
    deed: nameIn(row.deed as Names, manager.language, community),
  }));
}

/** Claims of a community, each with its deed and member. */
export const claimsOf = (db: Reader, community_id: string) =>
  db
    .selectFrom("claim")
    .innerJoin("deed", (join) =>
      join
        .onRef("deed.community_id", "=", "claim.community_id")
        .onRef("deed.id", "=", "claim.deed_id"),
    )
    .innerJoin("member", (join) =>
      join
        .onRef("member.community_id", "=", "claim.community_id")
        .onRef("member.id", "=", "claim.member_id"),
    )
    .where("claim.community_id", "=", community_id);

/** Claims that wait, not yet expired, as they are decided on. */
export const waiting = (db: Reader, community: Community, now: Date) =>
  claimsOf(db, community.id)
    .select([
      "claim.id",
      "claim.code",
      "claim.member_id",
      "claim.deed_id",
      "claim.value",
      "member.name as member_name",
      "member.guardian_id",
      "member.phone",
      "deed.name as deed",
      "deed.code as deed_code",
      "deed.position",
      "deed.sensitive",
    ])
    .where("claim.state", "=", "waiting")
    .where("claim.expires_at", ">", now);

/** What a text may call a deed: its name, or where it is sensitive a neutral label (R6). */
export function labelOf(
  { community, say }: Pick<Context, "community" | "say">,
  deed: { readonly name: unknown; readonly sensitive: boolean },
  reader: { readonly language: string },
): string {
  if (deed.sensitive) return say(reader.language, ["neutral-deed"], {}).text;
  return nameIn(deed.name as Names, reader.language, community);
}
