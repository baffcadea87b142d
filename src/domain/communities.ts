import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

export const text_proofs = ["pin", "word"] as const;
export type TextProof = (typeof text_proofs)[number];

/** The tenant: members, menus, ledger, cache, languages, time zone and currency are its own (R2). */
export interface Community {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  /** ISO 3166, two letters: how a number without a country code is read. */
  readonly country: string;
  readonly currency: string;
  readonly time_zone: string;
  /** The first is the default. */
  readonly languages: readonly string[];
  readonly ussd_code: string | null;
  readonly sms_number: string | null;
  readonly help_number: string;
  readonly accrual_ratio: number;
  readonly claim_expiry_days: number;
  readonly redemption_expiry_days: number;
  /** iSoCCs one member may send away in a day. */
  readonly send_daily_max: number;
  readonly pin_reset_wait_hours: number;
  readonly number_change_wait_hours: number;
  /** A proposal passes when at least so many per cent of the members voted (R18). */
  readonly quorum_percent: number;
  /** And more than so many per cent of those who said yes or no said yes. */
  readonly majority_percent: number;
  readonly voting_days: number;
  /** What shows by text who asks: their PIN, or a word that their phone is sent and that is good once. */
  readonly text_proof: TextProof;
  /** What a vendor is paid for one iSoCC, a decimal; null where vendors take no cash. */
  readonly cash_out_value: string | null;
}

export const communityColumns = [
  "community.id",
  "community.slug",
  "community.name",
  "community.country",
  "community.currency",
  "community.time_zone",
  "community.languages",
  "community.ussd_code",
  "community.sms_number",
  "community.help_number",
  "community.accrual_ratio",
  "community.claim_expiry_days",
  "community.redemption_expiry_days",
  "community.send_daily_max",
  "community.pin_reset_wait_hours",
  "community.number_change_wait_hours",
  "community.quorum_percent",
  "community.majority_percent",
  "community.voting_days",
  "community.cash_out_value",
] as const;

/** Whether it is one of two words, which Postgres checks. */
export const text_proof = sql<TextProof>`community.text_proof`.as("text_proof");

/**
 * The community that answers a dialled code, and what was dialled beyond its code:
 * `*384*2255*1#` is `*384*2255#` with `1` pressed at once.
 */
export async function placeOfDialledCode(
  db: Reader,
  dialled: string,
): Promise<{ community_id: string; beyond: readonly string[] } | undefined> {
  const parts = dialled.replace(/^\*/, "").replace(/#$/, "").split("*");
  const codes = parts.map((_, at) => `*${parts.slice(0, at + 1).join("*")}#`);
  const found = await db
    .selectFrom("community")
    .select(["id", "ussd_code"])
    .where("ussd_code", "in", codes)
    .execute();
  const longest = found.sort((a, b) => codeLength(b) - codeLength(a))[0];
  if (longest === undefined) return undefined;
  const beyond = dialled.replace(/#$/, "").slice(codeLength(longest) - 1);
  return { community_id: longest.id, beyond: beyond === "" ? [] : beyond.slice(1).split("*") };
}

const codeLength = ({ ussd_code }: { ussd_code: string | null }): number => ussd_code?.length ?? 0;

/** The community that owns the number a text was sent to, as the gateway wrote it. */
export const communityBySmsNumber = (db: Reader, number: string): Promise<Community | undefined> =>
  communities(db).where("sms_number", "in", channelsWritten(number)).executeTakeFirst();

const phone_digits_min = 7;

/**
 * How one number to text to may be written: a phone's with its `+`, which arrives as a space where it was
 * not escaped, or without; a short code or a name in one way alone.
 */
export function channelsWritten(number: string): readonly string[] {
  const bare = number.trim().replace(/^\+/, "");
  const isPhone = /^\d+$/.test(bare) && bare.length >= phone_digits_min;
  return isPhone ? [bare, `+${bare}`] : [number.trim()];
}

export const communityBySlug = (db: Reader, slug: string): Promise<Community | undefined> =>
  communities(db).where("slug", "=", slug).executeTakeFirst();

export const communityById = (db: Reader, id: string): Promise<Community | undefined> =>
  communities(db).where("id", "=", id).executeTakeFirst();

const communities = (db: Reader) =>
  db.selectFrom("community").select(communityColumns).select(text_proof);
