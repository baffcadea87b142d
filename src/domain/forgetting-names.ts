import { sql } from "kysely";
import type { Reader, Writer } from "../db/database.ts";
import type { PhonesOf } from "./phones-of.ts";

/** Every name a person has had here, and asked to join under. */
export async function namesOf(
  db: Reader,
  community_id: string,
  id: string,
  { own }: PhonesOf,
): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from member where community_id = ${community_id} and id = ${id}
    union
    select told.name
    from audit_event as e
    cross join lateral (values (e.before ->> 'name'), (e.after ->> 'name')) as told (name)
    where e.community_id = ${community_id} and e.subject = ${`member:${id}`}
      and told.name is not null
    union
    select name from join_request
    where community_id = ${community_id} and phone = any (${own}::text[])
  `.execute(db);
  return rows.map(({ name }) => name);
}

/** What stands in other people's texts in place of the name: short, and of no language. */
const stars = "***";

/**
 * Replaces names wherever they stand as words of their own: in what others were texted, texted
 * themselves or gave as a reason, in the audit log and the notes of menu changes. Another person of
 * the very same name loses it there too. A call that shows one is ended; it can be dialled again.
 *
 * Out of reach is what an administrator gave as the reason of a reversal, which is sealed with its
 * journal.
 */
export async function forgetNames(
  trx: Writer,
  { community_id, id, names }: { community_id: string; id: string; names: readonly string[] },
): Promise<void> {
  for (const name of names) {
    const pattern = patternOf(name);
    const replaced = (column: string) =>
      sql`regexp_replace(${sql.ref(column)}, ${pattern}, ${stars}, 'gi')`;
    await sql`
      update message
      set text = left(${replaced("text")}, 1000),
        sealed = case when state in ('sent', 'unknown') then null else sealed end
      where community_id = ${community_id} and text <> '' and text ~* ${pattern}
    `.execute(trx);
    await sql`
      update inbound_message set text = left(${replaced("text")}, 1000)
      where community_id = ${community_id} and text ~* ${pattern}
    `.execute(trx);
    await sql`
      update claim set reason = left(${replaced("reason")}, 100)
      where community_id = ${community_id} and reason ~* ${pattern}
    `.execute(trx);
    await sql`
      update dispute set words = left(${replaced("words")}, 100)
      where community_id = ${community_id} and words ~* ${pattern}
    `.execute(trx);
    await sql`
      delete from ussd_session
      where community_id = ${community_id} and (reply ~* ${pattern} or state::text ~* ${pattern})
    `.execute(trx);
    await sql`select forget_name(${community_id}, ${pattern})`.execute(trx);
  }
  await sql`
    delete from ussd_session where community_id = ${community_id} and strpos(state::text, ${id}) > 0
  `.execute(trx);
}

/**
 * A name as Postgres looks for it: as it is, also escaped within JSON, and not within a longer word.
 */
const patternOf = (name: string): string =>
  `(?<![[:alnum:]])${Array.from(name, signOf).join("")}(?![[:alnum:]])`;

function signOf(sign: string): string {
  if (sign === '"') return String.raw`\\?"`;
  if (sign === "\\") return String.raw`\\{1,2}`;
  return /[\p{L}\p{M}\p{N}\s]/u.test(sign) ? sign : `\\${sign}`;
}
