import type { Reader } from "../db/database.ts";
import type { Community } from "./communities.ts";

/** An item of the Earning Menu as one reader sees it. */
export interface Deed {
  readonly [key: string]: string | number | boolean | null;
  readonly id: string;
  readonly code: string;
  /** In the reader's language. */
  readonly name: string;
  /** iSoCCs, for each unit where there is one. */
  readonly value: number;
  /** "5 kg", in the reader's language; null for a deed of one value. */
  readonly unit: string | null;
  readonly units_max: number;
}

/** Words by language, as the menu keeps them. */
export type Names = Readonly<Record<string, string>>;

/** A name in the reader's language, else in the community's first, which is always there. */
export function nameIn(names: Names, language: string, community: Community): string {
  const name = names[language] ?? names[community.languages[0] ?? ""];
  if (name === undefined) throw new Error(`a menu of ${community.slug} lacks its first language`);
  return name;
}

/** The Earning Menu in force, in its order. */
export async function deedsInForce(
  db: Reader,
  community: Community,
  language: string,
): Promise<readonly Deed[]> {
  const rows = await db
    .selectFrom("deed")
    .select(["id", "code", "name", "value", "unit", "units_max"])
    .where("community_id", "=", community.id)
    .where("valid_until", "is", null)
    .orderBy("position")
    .execute();
  return rows.map(({ name, unit, ...deed }) => ({
    ...deed,
    name: nameIn(name as Names, language, community),
    unit: unit === null ? null : nameIn(unit as Names, language, community),
  }));
}
