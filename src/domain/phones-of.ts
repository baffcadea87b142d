import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

/** The numbers a person has had in a community. */
export interface PhonesOf {
  /** Every number that was theirs, or their guardian's for them (R30). */
  readonly all: readonly string[];
  /** Those that serve no other active account here: what is kept of the number is theirs alone. */
  readonly own: readonly string[];
}

/** A person's numbers, the one of now and those they moved from; undefined for nobody's id. */
export async function phonesOf(
  db: Reader,
  community_id: string,
  id: string,
): Promise<PhonesOf | undefined> {
  const { rows } = await sql<{ phone: string; is_own: boolean }>`
    with had as (
      select phone from member where community_id = ${community_id} and id = ${id}
      union
      select moved.phone
      from member as m
      join number_change as c
        on c.community_id = m.community_id and c.member_id in (m.id, m.guardian_id)
      cross join lateral (values (c.old_phone), (c.new_phone)) as moved (phone)
      where m.community_id = ${community_id} and m.id = ${id} and c.state = 'done'
    )
    select had.phone, had.phone <> '' and not exists (
      select from member as other
      where other.community_id = ${community_id} and other.phone = had.phone
        and other.id <> ${id} and other.status = 'active'
    ) as is_own
    from had
  `.execute(db);
  if (rows.length === 0) return undefined;
  const phones = rows.filter(({ phone }) => phone !== "");
  return {
    all: phones.map(({ phone }) => phone),
    own: phones.filter(({ is_own }) => is_own).map(({ phone }) => phone),
  };
}
