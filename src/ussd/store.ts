import { sql } from "kysely";
import type { Reader, Writer } from "../db/database.ts";
import { deleteOldest } from "../db/forget.ts";
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
  readonly state: State;
  readonly reply: string;
}

/** A session lives this long on the network; so long it may be taken up again. */
const session_life_ms = 180_000;

/** Finds the session, and may hold it until the turn is over; undefined before its first turn. */
export async function readSession(
  trx: Writer,
  key: SessionKey,
  { lock }: { lock: boolean },
): Promise<Stored | undefined> {
  const row = await trx
    .selectFrom("ussd_session")
    .select(["phone_digest", "taken", "transcript_digest", "state", "reply"])
    .where("community_id", "=", key.community_id)
    .where("id", "=", key.id)
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst();
  return row && { ...row, state: stateOf(row.state) };
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
  return { session_id: row.id, state: stateOf(row.state) };
}

/** How many calls this phone has begun within the hour, this one aside; no more than asked about. */
export async function callsBegun(
  db: Reader,
  { community_id, id }: SessionKey,
  { phone_digest, at, most }: { phone_digest: Buffer; at: Date; most: number },
): Promise<number> {
  const rows = await db
    .selectFrom("ussd_session")
    .select("id")
    .where("community_id", "=", community_id)
    .where("phone_digest", "=", phone_digest)
    .where("id", "!=", id)
    .where("started_at", ">", new Date(at.getTime() - kept_ms))
    .limit(most)
    .execute();
  return rows.length;
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
  if (state.asked === null) return { ended: row.reply };
  await trx
    .updateTable("ussd_session")
    .set({ state: JSON.stringify({ ...state, asked: null }), reply })
    .where("community_id", "=", key.community_id)
    .where("id", "=", key.id)
    .execute();
  return { state };
}

/** What is stored of a turn. */
export interface Kept {
  readonly taken: number;
  readonly transcript_digest: Buffer;
  readonly state: State;
  readonly answer: string;
  readonly effects: boolean;
  readonly at: Date;
}

/**
 * Stores the first turn of a session.
 * @param met what to do where another has just stored one: tell, or fail with 23505, which takes the
 *   whole transaction back and begins it again.
 * @returns whether it was stored.
 */
export async function storeFirst(
  trx: Writer,
  key: SessionKey & { readonly phone_digest: Buffer },
  turn: Kept,
  met: "tell" | "fail",
): Promise<boolean> {
  const stored = await trx
    .insertInto("ussd_session")
    .values({ ...key, ...rowOf(turn), started_at: turn.at })
    .$if(met === "tell", (query) => query.onConflict((conflict) => conflict.doNothing()))
    .returning(durability(turn))
    .executeTakeFirst();
  return stored !== undefined;
}

/**
 * Stores what a later turn came to.
 * @param before how the session was found.
 * @returns whether it was stored; not where another turn was stored since.
 */
export async function storeTurn(
  trx: Writer,
  key: SessionKey,
  before: Stored,
  turn: Kept,
): Promise<boolean> {
  const stored = await trx
    .updateTable("ussd_session")
    .set(rowOf(turn))
    .where("community_id", "=", key.community_id)
    .where("id", "=", key.id)
    // Every turn takes at least one reply more.
    .where("taken", "=", before.taken)
    // Another call may have taken this one over since.
    .where("reply", "=", before.reply)
    .returning(durability(turn))
    .executeTakeFirst();
  return stored !== undefined;
}

/**
 * A turn that changed nothing but the session need not wait for the disk: after a crash the gateway's
 * transcript brings the session back.
 */
const durability = ({ effects }: Kept) =>
  effects
    ? sql<string>`current_setting('synchronous_commit')`.as("commit")
    : sql<string>`set_config('synchronous_commit', 'off', true)`.as("commit");

const rowOf = ({ taken, transcript_digest, state, answer, at }: Kept) => ({
  taken,
  transcript_digest,
  state: JSON.stringify(state),
  reply: answer,
  updated_at: at,
});

/** A session outlives its network by this: for a turn that comes late, and to count calls by. */
const kept_ms = 3_600_000;
const forgotten_at_once = 5_000;

/** Forgets sessions that have been over for long, the oldest first. @returns how many. */
export const forgetSessions = (db: Reader, now: Date): Promise<number> =>
  deleteOldest(db, "ussd_session", {
    key: ["community_id", "id"],
    by: "started_at",
    before: new Date(now.getTime() - kept_ms),
    at_once: forgotten_at_once,
  });

// What is stored there was written by rowOf.
const stateOf = (stored: unknown): State => stored as State;
