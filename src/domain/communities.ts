import type { Reader } from "../db/database.ts";

/** The tenant: members, menus, ledger, cache, languages, time zone and currency are its own (R2). */
export interface Community {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly time_zone: string;
  /** The first is the default. */
  readonly languages: readonly string[];
  readonly ussd_code: string | null;
  readonly sms_number: string | null;
  readonly help_number: string;
  readonly accrual_ratio: number;
  readonly claim_expiry_days: number;
}

const columns = [
  "id",
  "slug",
  "name",
  "time_zone",
  "languages",
  "ussd_code",
  "sms_number",
  "help_number",
  "accrual_ratio",
  "claim_expiry_days",
] as const;

/**
 * The community that answers a dialled code, and what was dialled beyond its code:
 * `*384*2255*1#` is `*384*2255#` with `1` pressed at once.
 */
export async function communityByDialledCode(
  db: Reader,
  dialled: string,
): Promise<{ community: Community; beyond: readonly string[] } | undefined> {
  const parts = dialled.replace(/^\*/, "").replace(/#$/, "").split("*");
  const codes = parts.map((_, at) => `*${parts.slice(0, at + 1).join("*")}#`);
  const found = await db
    .selectFrom("community")
    .select(columns)
    .where("ussd_code", "in", codes)
    .execute();
  const community = found.sort((a, b) => codeLength(b) - codeLength(a))[0];
  if (community === undefined) return undefined;
  const beyond = dialled.replace(/#$/, "").slice(codeLength(community) - 1);
  return { community, beyond: beyond === "" ? [] : beyond.slice(1).split("*") };
}

const codeLength = ({ ussd_code }: Community): number => ussd_code?.length ?? 0;

/** The community that owns the number a text was sent to. */
export const communityBySmsNumber = (db: Reader, number: string): Promise<Community | undefined> =>
  db.selectFrom("community").select(columns).where("sms_number", "=", number).executeTakeFirst();

export const communityBySlug = (db: Reader, slug: string): Promise<Community | undefined> =>
  db.selectFrom("community").select(columns).where("slug", "=", slug).executeTakeFirst();
