import { sql } from "kysely";
import type { Reader } from "./database.ts";
import type { DB } from "./types.ts";

/**
 * Deletes one batch of the rows whose time is over, the oldest first: a short statement, so that nobody
 * waits for it. Rows that another process has in hand are passed over. An index that begins with the
 * time is what keeps it from reading everything.
 * @returns how many; 0 when there are no more.
 */
export async function deleteOldest<T extends keyof DB>(
  db: Reader,
  table: T,
  of: {
    readonly key: readonly (keyof DB[T] & string)[];
    /** The column with the time that they are as old as. */
    readonly by: keyof DB[T] & string;
    readonly before: Date;
    readonly at_once: number;
  },
): Promise<number> {
  const key = sql.join(of.key.map((column) => sql.ref(column)));
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)} where (${key}) in (
      select ${key} from ${sql.table(table)}
      where ${sql.ref(of.by)} < ${of.before}
      order by ${sql.ref(of.by)}
      limit ${of.at_once}
      for update skip locked
    )
  `.execute(db);
  return Number(numAffectedRows ?? 0);
}
