import { sql } from "kysely";
import { eventually, type World } from "./world.ts";

/** Every row of every table, but for when a key was last used. */
export async function everything({ db }: World): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('public', 'ledger') and tablename not like 'kysely%'
    order by 1
  `.execute(db);
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql<{ rows: string }>`
      select coalesce(jsonb_agg(to_jsonb(t) - 'last_used_at' order by t::text), '[]')::text as rows
      from ${sql.raw(name)} as t
    `.execute(db);
    texts.push(`${name} ${rows[0]?.rows ?? ""}`);
  }
  return texts.join("\n");
}

/** As `everything`, once no text is on its way: its delivery would look like something that was done. */
export async function everythingAtRest(world: World): Promise<string> {
  await eventually(async () => {
    const moving = await world.db
      .selectFrom("message")
      .select("id")
      .where("state", "in", ["queued", "sending", "sent"])
      .execute();
    if (moving.length > 0) throw new Error(`${moving.length} texts are on their way`);
  });
  return await everything(world);
}
