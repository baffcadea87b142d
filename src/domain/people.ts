import { sql } from "kysely";
import type { Reader, Writer } from "../db/database.ts";
import { masked } from "../trace/masked.ts";
import { audit } from "./audit.ts";
import type { Community } from "./communities.ts";
import type { At } from "./enrolling.ts";
import { roles, status, type Status } from "./member-records.ts";
import type { Role } from "./members.ts";
import { readPhone } from "./phones.ts";
import { lockPin, reopenPin } from "./pins.ts";

/** A person as an operator may see them: enough to know who is meant, not enough to call them. */
export interface Person {
  readonly id: string;
  readonly name: string;
  /** `+254*****101`; empty for one who was erased. */
  readonly phone: string;
  readonly language: string;
  readonly roles: readonly Role[];
  readonly status: Status;
  readonly guardian_id: string | null;
  /** `locked` for minutes, `blocked` until a reset; `reset` while one is under way. */
  readonly pin: "none" | "set" | "locked" | "blocked" | "reset";
}

/** Most people of one search. */
const found_max = 50;

/**
 * People of a community, active and closed, by their whole number, the end of it (`..101`), their id,
 * or a part of their name whatever its case; by name.
 */
export async function findPeople(
  db: Reader,
  { community, typed, now }: { community: Community; typed: string; now: Date },
): Promise<readonly Person[]> {
  const phone = readPhone(typed, community) ?? "";
  const end = /^\.\.(\d{3,})$/.exec(typed)?.[1] ?? null;
  const rows = await people(db, community.id, now)
    .where((eb) =>
      eb.or([
        eb("member.phone", "=", phone).and("member.phone", "!=", ""),
        sql<boolean>`right(member.phone, length(${end}::text)) = ${end}`,
        sql<boolean>`member.id::text = ${typed.toLowerCase()}`,
        sql<boolean>`strpos(lower(member.name), lower(${typed})) > 0`,
      ]),
    )
    .orderBy("member.name")
    .orderBy("member.id")
    .limit(found_max)
    .execute();
  return rows.map((row) => ({ ...row, phone: masked(row.phone) }));
}

const people = (db: Reader, community_id: string, now: Date) =>
  db
    .selectFrom("member")
    .leftJoin("pin", (join) =>
      join
        .onRef("pin.community_id", "=", "member.community_id")
        .onRef("pin.member_id", "=", "member.id"),
    )
    .select([
      "member.id",
      "member.name",
      "member.phone",
      "member.language",
      "member.guardian_id",
      roles,
      status,
      sql<Person["pin"]>`case
        when pin.member_id is null then 'none'
        when pin.reset_ready_at is not null then 'reset'
        when pin.blocked_at is not null then 'blocked'
        when pin.locked_until > ${now} then 'locked'
        else 'set'
      end`.as("pin"),
    ])
    .where("member.community_id", "=", community_id);

export type Unlocked =
  | { readonly type: "unlocked" }
  | { readonly type: "no-such-member" }
  /** Nothing stands in the way of their PIN, or they have not chosen one. */
  | { readonly type: "not-locked" };

/**
 * Ends the lock or block that wrong tries put on a PIN (R27), for one who has shown to be its owner:
 * the PIN stays, and its tries begin anew. A reset under way goes on.
 */
export async function unlockPin(trx: Writer, at: At, id: string): Promise<Unlocked> {
  const { community, now, actor } = at;
  const of_member = { community_id: community.id, member_id: id };
  const pin = await lockPin(trx, of_member);
  if (pin === undefined) {
    const [person] = await people(trx, community.id, now).where("member.id", "=", id).execute();
    return { type: person === undefined ? "no-such-member" : "not-locked" };
  }
  const locked_until =
    pin.locked_until !== null && pin.locked_until > now ? pin.locked_until : null;
  if (locked_until === null && pin.blocked_at === null) return { type: "not-locked" };
  await reopenPin(trx, of_member);
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor,
      act: "pin.unlocked",
      subject: `member:${id}`,
      before: { locked_until, blocked_at: pin.blocked_at },
    },
  );
  return { type: "unlocked" };
}
