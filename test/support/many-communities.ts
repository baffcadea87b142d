import { sql, type Kysely } from "kysely";
import type { DB } from "../../src/db/types.ts";

/** Puts so many quiet communities beside those that are there, each with everybody of the first. */
export async function addCommunities(db: Kysely<DB>, count: number): Promise<void> {
  await sql`
    insert into community
    select (jsonb_populate_record(null::community, to_jsonb(c) || jsonb_build_object(
      'id', gen_random_uuid(), 'slug', 'quiet-' || n, 'ussd_code', null, 'sms_number', null
    ))).*
    from (select * from community order by created_at, id limit 1) as c
    cross join generate_series(1, ${count}::integer) as n
  `.execute(db);
  await sql`
    insert into member
    select (jsonb_populate_record(
      null::member, to_jsonb(m) || jsonb_build_object('community_id', c.id)
    )).*
    from member as m
    cross join community as c
    where not exists (select from member as there where there.community_id = c.id)
    -- Guardians before those who are theirs.
    order by m.guardian_id nulls first
  `.execute(db);
}

/** Has Achieng Otieno's number change in every community, due at a moment, with Grace as the witness. */
export async function addDueMoves(db: Kysely<DB>, due_at: Date): Promise<void> {
  await sql`
    insert into number_change (
      community_id, id, once, member_id, old_phone, new_phone, state, asked_at, witness_id, due_at
    )
    select m.community_id, gen_random_uuid(), 'move', m.id, m.phone, '+254711000990', 'witnessed',
      ${due_at}, w.id, ${due_at}
    from member as m
    join member as w on w.community_id = m.community_id and w.name = 'Grace Akinyi'
    where m.name = 'Achieng Otieno'
  `.execute(db);
}
