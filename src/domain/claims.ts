import { v7 as uuid } from "uuid";
import type { Reader, Writer } from "../db/database.ts";
import { newClaimCode } from "./codes.ts";
import type { Community } from "./communities.ts";
import type { Context } from "./context.ts";
import { nameIn, type Names } from "./deeds.ts";
import { managersOf, type Member } from "./members.ts";
import { notify } from "./notify.ts";

/** One member's report of having done a deed, as a manager decides on it. */
export interface Claim {
  readonly [key: string]: string | number | boolean;
  readonly id: string;
  readonly code: string;
  readonly member_id: string;
  readonly member_name: string;
  /** In the reader's language; a neutral label where the deed is sensitive. */
  readonly deed: string;
  /** iSoCCs. */
  readonly value: number;
}

/** Most claims of one member that may wait at once. */
const waiting_max = 20;
const code_tries_max = 8;

export type Claimed =
  | { readonly type: "claimed"; readonly fields: { readonly code: string; readonly value: number } }
  | { readonly type: "no-longer-on-menu" }
  | { readonly type: "too-many-waiting"; readonly fields: { readonly count: number } };

/**
 * Claims a deed at the value in force (R4, R9) and asks every manager but the claimer to decide.
 * Doing it again under the same `once` answers with the first claim.
 */
export async function claimDeed(
  context: Context,
  spec: { once: string; member: Member; deed_id: string; units: number },
): Promise<Claimed> {
  const { trx, community, now } = context;
  const { member, units } = spec;
  const deed = await trx
    .selectFrom("deed")
    .select(["id", "name", "value", "units_max", "sensitive"])
    .where("community_id", "=", community.id)
    .where("id", "=", spec.deed_id)
    .where("valid_until", "is", null)
    .executeTakeFirst();
  if (deed === undefined || units > deed.units_max) return { type: "no-longer-on-menu" };
  const waiting = await countWaiting(context, member);
  if (waiting >= waiting_max) return { type: "too-many-waiting", fields: { count: waiting } };

  const value = deed.value * units;
  const { code, repeated } = await insertClaim(trx, {
    community_id: community.id,
    once: spec.once,
    member_id: member.id,
    deed_id: deed.id,
    units,
    value,
    claimed_at: now,
    expires_at: new Date(now.getTime() + community.claim_expiry_days * 86_400_000),
  });
  if (!repeated) {
    const managers = await managersOf(trx, community.id);
    await notify(
      context,
      managers
        .filter(({ id }) => id !== member.id)
        .map((manager) => ({
          to: manager,
          purpose: "request",
          text: "claim-waiting",
          fields: { name: member.name, deed: labelOf(context, deed, manager), value, code },
        })),
    );
  }
  return { type: "claimed", fields: { code, value } };
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
): Promise<{ code: string; repeated: boolean }> {
  for (let tries = 0; tries < code_tries_max; tries += 1) {
    const code = newClaimCode();
    const inserted = await trx
      .insertInto("claim")
      .values({ ...claim, id: uuid(), code })
      .onConflict((conflict) => conflict.doNothing())
      .returning("code")
      .executeTakeFirst();
    if (inserted !== undefined) return { code, repeated: false };
    const known = await trx
      .selectFrom("claim")
      .select("code")
      .where("community_id", "=", claim.community_id)
      .where("once", "=", claim.once)
      .executeTakeFirst();
    if (known !== undefined) return { code: known.code, repeated: true };
  }
  throw new Error("no free claim code: too many claims are waiting");
}

/** Claims a manager may decide on, oldest first. */
export async function waitingClaims(
  { trx, community, now }: Context,
  manager: Member,
): Promise<readonly Claim[]> {
  const rows = await waiting(trx, community, now)
    .where("claim.member_id", "!=", manager.id)
    .orderBy("claim.claimed_at")
    .limit(60)
    .execute();
  return rows.map((row) => ({
    ...row,
    deed: nameIn(row.deed as Names, manager.language, community),
  }));
}

/** The query behind what waits: claims with their deed and member, not yet expired. */
export function waiting(db: Reader, community: Community, now: Date) {
  return db
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
    .select([
      "claim.id",
      "claim.code",
      "claim.member_id",
      "claim.value",
      "member.name as member_name",
      "deed.name as deed",
      "deed.sensitive",
    ])
    .where("claim.community_id", "=", community.id)
    .where("claim.state", "=", "waiting")
    .where("claim.expires_at", ">", now);
}

/** What a text may call a deed: its name, or where it is sensitive a neutral label (R6). */
export function labelOf(
  { community, say }: Pick<Context, "community" | "say">,
  deed: { readonly name: unknown; readonly sensitive: boolean },
  reader: { readonly language: string },
): string {
  if (deed.sensitive) return say(reader.language, ["neutral-deed"], {}).text;
  return nameIn(deed.name as Names, reader.language, community);
}
