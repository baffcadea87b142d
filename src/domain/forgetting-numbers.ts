import { sql } from "kysely";
import type { Reader } from "../db/database.ts";

const kept_days = 30;
const forgotten_at_once = 1_000;

/**
 * Forgets changes of number whose numbers nobody needs any more, a month after they ended; and those
 * that were asked for a month ago and that no manager has witnessed, for they would be asked again. One
 * that was carried out stays as long as anything is kept under the old number, by which an export or
 * an erasing finds it (phones-of.ts).
 * @returns how many.
 */
export async function forgetNumberChanges(db: Reader, now: Date): Promise<number> {
  const before = new Date(now.getTime() - kept_days * 86_400_000);
  const { numAffectedRows } = await sql`
    with ended as materialized (
      select c.community_id, c.id from number_change as c
      where c.ended_at is not null and c.ended_at < ${before}
        and (c.state = 'cancelled' or not ${isNeeded})
      order by c.ended_at
      limit ${forgotten_at_once}
      for update skip locked
    ), unwitnessed as materialized (
      select c.community_id, c.id from number_change as c
      where c.state = 'asked' and c.asked_at < ${before}
      order by c.asked_at
      limit ${forgotten_at_once}
      for update skip locked
    ), over as (
      select community_id, id from ended union all select community_id, id from unwitnessed
    )
    delete from number_change as c using over
    where c.community_id = over.community_id and c.id = over.id
  `.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** Whether anything is kept under the old number of the change `c`. */
const isNeeded = sql<boolean>`(
  exists (
    select from message as m where m.community_id = c.community_id and m.recipient = c.old_phone
  )
  or exists (select from delivery_report as r where r.recipient = c.old_phone)
  or exists (
    select from join_request as j where j.community_id = c.community_id and j.phone = c.old_phone
  )
  or exists (
    select from opt_out as o where o.community_id = c.community_id and o.phone = c.old_phone
  )
)`;
