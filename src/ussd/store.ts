import { sql } from "kysely";
import type { Reader, Writer } from "../db/database.ts";
import type { Json as DbJson } from "../db/types.ts";
import type { Broken, State } from "./session.ts";

export interface SessionKey {
  readonly community_id: string;
  /** The gateway's own name for the session. */
  readonly id: string;
}

/** A session as it was left. */
export interface Stored {
  readonly phone_digest: Buffer;
  /** How many replies have been taken in. */
  readonly taken: number;
  readonly transcript_digest: Buffer;
  /** Null when no turn of it has been answered yet. */
  readonly state: State | null;
  readonly reply: string;
}

/** A session lives this long on the network; so long it may be taken up again. */
const session_life_ms = 180_000;

/** Finds the session's row or makes it, and holds it until the turn is over. */
export async function lockSession(
  trx: Writer,
  key: SessionKey,
  fresh: { phone_digest: Buffer; empty_digest: Buffer; at: Date },
): Promise<Stored> {
  const row = await trx
    .insertInto("ussd_session")
    .values({
      ...key,
      phone_digest: fresh.phone_digest,
      taken: 0,
      transcript_digest: fresh.empty_digest,
      // JSON's null marks a session that was not answered yet.
      state: sql<DbJson>`'null'::jsonb`,
      reply: "END ",
      started_at: fresh.at,
      updated_at: fresh.at,
    })
    .onConflict((conflict) =>
      // Changes nothing: it locks the row and returns it in the same round trip.
      conflict.columns(["community_id", "id"]).doUpdateSet({ id: key.id }),
    )
    .returning(["phone_digest", "taken", "transcript_digest", "state", "reply"])
    .executeTakeFirstOrThrow();
  return { ...row, state: stateOf(row.state) };
}

/** Where this phone's last call broke off, if that was within a session's life. */
export async function brokenOff(
  db: Reader,
  { community_id, id }: SessionKey,
  { phone_digest, at }: { phone_digest: Buffer; at: Date },
): Promise<Broken | undefined> {
  const row = await db
    .selectFrom("ussd_session")
    .select(["id", "state", "updated_at"])
    .where("community_id", "=", community_id)
    .where("phone_digest", "=", phone_digest)
    .where("id", "!=", id)
    .where("started_at", ">", new Date(at.getTime() - 2 * session_life_ms))
    .orderBy("started_at", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined || row.updated_at.getTime() < at.getTime() - session_life_ms)
    return undefined;
  const state = stateOf(row.state);
  return state === null ? undefined : { session_id: row.id, state };
}

/**
 * Takes a broken call over from its session, which is over from then on: a turn of it that is still
 * on its way is waited for, and one that comes later changes nothing. So nothing is done twice.
 * @param reply what a turn of it that comes later is answered with.
 * @returns how the call stands now, or the reply it has ended with meanwhile.
 */
export async function takeOver(
  trx: Writer,
  key: SessionKey,
  reply: string,
): Promise<{ state: State } | { ended: string }> {
  const row = await trx
    .selectFrom("ussd_session")
    .select(["state", "reply"])
    .where("community_id", "=", key.community_id)
    .where("id", "=", key.id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const state = stateOf(row.state);
  if (state === null || state.asked === null) return { ended: row.reply };
  await trx
    .updateTable("ussd_session")
    .set({ state: JSON.stringify({ ...state, asked: null }), reply })
    .where("community_id", "=", key.community_id)
    .where("id", "=", key.id)
    .execute();
  return { state };
}

/** Stores what a turn came to; only one with effects waits for the disk. */
export async function storeTurn(
  trx: Writer,
  key: SessionKey,
  turn: {
    taken: number;
    transcript_digest: Buffer;
    state: State;
    answer: string;
    effects: boolean;
    at: Date;
  },
): Promise<void> {
  await trx
    .updateTable("ussd_session")
    .set({
      taken: turn.taken,
      transcript_digest: turn.transcript_digest,
      state: JSON.stringify(turn.state),
      reply: turn.answer,
      updated_at: turn.at,
    })
    .where("community_id", "=", key.community_id)
    .where("id", "=", key.id)
    // A hop that changed nothing but the session need not wait for the disk: after a crash the
    // gateway's transcript brings the session back.
    .$if(!turn.effects, (query) =>
      query.returning(sql`set_config('synchronous_commit', 'off', true)`.as("commit")),
    )
    .execute();
}

/** A session outlives its network by this, for a turn that comes late. */
const kept_ms = 3_600_000;
const forgotten_at_once = 5_000;

/** Deletes sessions that have been over for long, some thousands at a time. */
export async function forgetSessions(db: Reader, now: Date): Promise<void> {
  await sql`
    delete from ussd_session where (community_id, id) in (
      select community_id, id from ussd_session
      where started_at < ${new Date(now.getTime() - kept_ms)}
      limit ${forgotten_at_once}
      for update skip locked
    )
  `.execute(db);
}

// What is stored there was written by storeTurn, or is JSON's null.
const stateOf = (stored: unknown): State | null => stored as State | null;
