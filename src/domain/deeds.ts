import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import type { Community } from "./communities.ts";
import { dayIn } from "./format.ts";
import type { Member } from "./members.ts";

/** An item of the Earning Menu as one member sees it. */
export interface Deed {
  readonly [key: string]: string | number | boolean | null;
  readonly id: string;
  readonly code: string;
  /** In the reader's language. */
  readonly name: string;
  /** iSoCCs, for each unit where there is one. */
  readonly value: number;
  /** The most, where the deed has a range; else the same as value. */
  readonly value_max: number;
  /** "5 kg", in the reader's language; null for a deed of one value. */
  readonly unit: string | null;
  readonly units_max: number;
  /** At most so many in so many days (R6); null without a cap. */
  readonly cap_count: number | null;
  readonly cap_days: number | null;
  /** How many more the member may claim today; null without a cap. */
  readonly cap_left: number | null;
  /** `12/6`: when the next one may be claimed; empty while some are left. */
  readonly cap_ends: string;
}

/** Words by language, as the menu keeps them. */
export type Names = Readonly<Record<string, string>>;

/** A name in the reader's language, else in the community's first, which is always there. */
export function nameIn(names: Names, language: string, community: Community): string {
  const name = names[language] ?? names[community.languages[0] ?? ""];
  if (name === undefined) throw new Error(`a menu of ${community.slug} lacks its first language`);
  return name;
}

/** A deed's claims by one member that count towards its cap: a change of the menu keeps them. */
const counted = (member_id: string, now: Date) => sql<{ count: number; oldest: Date | null }>`
  lateral (
    select count(*)::integer as count, min(c.claimed_at) as oldest
    from claim as c
    join deed as d on d.community_id = c.community_id and d.id = c.deed_id
    where deed.cap_count is not null
      and c.community_id = deed.community_id and c.member_id = ${member_id}
      and d.code = deed.code
      and c.claimed_at > ${now}::timestamptz - deed.cap_days * interval '1 day'
      and (c.state = 'confirmed' or c.state = 'waiting' and c.expires_at > ${now}::timestamptz)
  )`;

/** A row of the Earning Menu in force, with how often the member claimed it within its cap. */
type DeedRow = Awaited<ReturnType<typeof deedRows>>[number];

/** The Earning Menu in force, in its order, in all languages. */
export const deedRows = (
  db: Reader,
  { community, now }: { community: Community; now: Date },
  member: Pick<Member, "id">,
) =>
  db
    .selectFrom("deed")
    .innerJoin(counted(member.id, now).as<"counted">(sql.ref("counted")), (join) => join.onTrue())
    .select([
      "deed.id",
      "deed.code",
      "deed.name",
      "deed.value",
      "deed.value_max",
      "deed.unit",
      "deed.units_max",
      "deed.cap_count",
      "deed.cap_days",
      "deed.sensitive",
      "counted.count",
      "counted.oldest",
    ])
    .where("deed.community_id", "=", community.id)
    .where("deed.valid_until", "is", null)
    .orderBy("deed.position")
    .execute();

/** The Earning Menu in force as a reader sees it, with what its caps leave one member. */
export async function deedsFor(
  db: Reader,
  at: { community: Community; now: Date },
  { member, language = member.language }: { member: Member; language?: string },
): Promise<readonly Deed[]> {
  const rows = await deedRows(db, at, member);
  return rows.map(({ sensitive, count, oldest, ...row }) => {
    const { name, unit, ...deed } = row;
    return {
      ...deed,
      name: nameIn(name as Names, language, at.community),
      unit: unit === null ? null : nameIn(unit as Names, language, at.community),
      value_max: deed.value_max ?? deed.value,
      ...leftOf({ ...row, count, oldest }, at.community),
    };
  });
}

/** What a deed's cap leaves, and when there will be more. */
export function leftOf(
  deed: Pick<DeedRow, "cap_count" | "cap_days" | "count" | "oldest">,
  community: Community,
): { cap_left: number | null; cap_ends: string } {
  const { cap_count, cap_days, count, oldest } = deed;
  if (cap_count === null || cap_days === null) return { cap_left: null, cap_ends: "" };
  if (count < cap_count || oldest === null) return { cap_left: cap_count - count, cap_ends: "" };
  const ends = new Date(oldest.getTime() + cap_days * 86_400_000);
  return { cap_left: 0, cap_ends: dayIn(community.time_zone, ends) };
}
