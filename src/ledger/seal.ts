import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

/**
 * Seals what a community recorded since its last seal. Several processes may call it at once.
 * @param stop ends it between two seals.
 * @returns how many journals were sealed.
 */
export async function sealJournals(
  db: Reader,
  community_id: string,
  stop: AbortSignal,
): Promise<number> {
  let sealed = 0;
  while (!stop.aborted) {
    const { rows } = await sql<{ journals: number }>`
      select ledger.seal_next(${community_id}) as journals
    `.execute(db);
    const journals = rows[0]?.journals ?? 0;
    if (journals === 0) break;
    sealed += journals;
  }
  return sealed;
}

/**
 * The communities that have recorded something since their last seal. A journal's id (UUIDv7) tells
 * when it was made, so that by the primary key only the newest of each community are looked at, and no
 * index of their own need be kept by every posting.
 */
export async function unsealedCommunities(db: Reader): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select c.id
    from community as c
    left join lateral (
      select s.sealed_until from ledger.seal as s
      where s.community_id = c.id order by s.number desc limit 1
    ) as last on true
    cross join lateral (
      select from ledger.journal as j
      where j.community_id = c.id
        and j.id >= (
          -- The first id of an hour before: clocks differ, and an act takes its time.
          lpad(to_hex(
            (extract(epoch from coalesce(last.sealed_until - interval '1 hour', 'epoch')) * 1000)::bigint
          ), 12, '0') || repeat('0', 20)
        )::uuid
        and j.recorded_at >= coalesce(last.sealed_until, '-infinity')
      order by j.id desc
      limit 1
    ) as newest
  `.execute(db);
  return rows.map(({ id }) => id);
}
