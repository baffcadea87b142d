import { hash, verify } from "@node-rs/argon2";
import type { Reader, Writer } from "../db/database.ts";
import type { Context } from "./context.ts";
import type { Member } from "./members.ts";
import { markActive } from "./silence.ts";

/**
 * The memory-hard hash of R27: argon2id, which is the library's default. On two cores it does 80 to
 * 170 a second, 12 to 25 ms each, on the thread pool and so beside the event loop.
 */
const cost = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

const wrong_tries_max = 3;
/** Rounds of wrong tries after which the PIN is blocked until a manager resets it. */
const rounds_max = 2;
const lock_minutes = 15;

export type PinVerdict =
  | { readonly type: "right" }
  | { readonly type: "wrong"; readonly tries_left: number }
  | { readonly type: "locked"; readonly minutes: number }
  /** Until a manager starts a reset; receiving goes on. */
  | { readonly type: "blocked" };

/** A PIN as it is kept: slow, salted, and worth nothing without the pepper. */
export const hashPin = (digits: string, pepper: Buffer): Promise<string> =>
  hash(digits, { ...cost, secret: pepper });

export const matchesHash = (hashed: string, digits: string, pepper: Buffer): Promise<boolean> =>
  verify(hashed, digits, { secret: pepper });

const runs = ["0123456789", "9876543210", "1234567890", "0987654321"];

/** Whether a PIN is too easy to guess: a run, a repeat, or the phone's own last digits (R27). */
export function isEasyPin(digits: string, phone: string): boolean {
  const [first = "", second = ""] = digits;
  const repeats = digits === first.repeat(4) || digits === (first + second).repeat(2);
  return repeats || runs.some((run) => run.includes(digits)) || phone.endsWith(digits);
}

/** Gives a member a PIN by its hash, in place of any before, and with it every try anew. */
export async function storePin(
  trx: Writer,
  spec: { community_id: string; member_id: string; hash: string; now: Date },
): Promise<void> {
  const fresh = {
    hash: spec.hash,
    wrong_tries: 0,
    rounds: 0,
    locked_until: null,
    blocked_at: null,
    reset_by: null,
    reset_ready_at: null,
    changed_at: spec.now,
  };
  await trx
    .insertInto("pin")
    .values({ ...fresh, community_id: spec.community_id, member_id: spec.member_id })
    .onConflict((conflict) => conflict.columns(["community_id", "member_id"]).doUpdateSet(fresh))
    .execute();
}

/** Hashes and stores a PIN. */
export async function setPin(
  trx: Writer,
  spec: { community_id: string; member_id: string; digits: string; pepper: Buffer; now: Date },
): Promise<void> {
  const { digits, pepper, ...rest } = spec;
  await storePin(trx, { ...rest, hash: await hashPin(digits, pepper) });
}

/**
 * Checks a PIN under R27: three wrong tries lock it for 15 minutes, a second round blocks it until a
 * manager's reset. A wrong try is counted in the transaction that tells of it, so nobody learns that
 * a PIN was wrong without the count, and tries at the same moment wait for each other. A right one
 * forgets the wrong ones, ends a reset that somebody else asked for, and marks the account as used,
 * unless it has been quiet for so long that its name is wanted too (R28).
 */
export async function checkPin(
  { trx, community, now, pepper }: Context,
  member: Member,
  digits: string,
): Promise<PinVerdict> {
  const of_member = { community_id: community.id, member_id: member.id };
  const row = await lockPin(trx, of_member);
  // Without a PIN nothing moves; the caller learns no more than that it was not right.
  if (row === undefined) return { type: "wrong", tries_left: 0 };
  const closed = whyClosed(row, now);
  if (closed !== undefined) return closed;

  if (await matchesHash(row.hash, digits, pepper)) {
    if (isTouched(row)) await updatePin(trx, of_member, untouched);
    await markActive(trx, of_member, now);
    return { type: "right" };
  }
  return await countWrongTry(trx, { ...of_member, row, now });
}

type KeptPin = NonNullable<Awaited<ReturnType<typeof lockPin>>>;

/** Why a PIN may not be tried now, if it may not. */
export function whyClosed(
  { blocked_at, locked_until }: Pick<KeptPin, "blocked_at" | "locked_until">,
  now: Date,
): Extract<PinVerdict, { type: "locked" | "blocked" }> | undefined {
  if (blocked_at !== null) return { type: "blocked" };
  if (locked_until === null || locked_until <= now) return undefined;
  return { type: "locked", minutes: minutesUntil(locked_until, now) };
}

/** Counts a wrong try of a PIN that is locked in this transaction: the third locks, a second round blocks. */
export async function countWrongTry(
  trx: Writer,
  { row, now, ...of_member }: OfMember & { readonly row: KeptPin; readonly now: Date },
): Promise<Exclude<PinVerdict, { type: "right" }>> {
  const wrong_tries = row.wrong_tries + 1;
  if (wrong_tries < wrong_tries_max) {
    await updatePin(trx, of_member, { wrong_tries, locked_until: null });
    return { type: "wrong", tries_left: wrong_tries_max - wrong_tries };
  }
  const rounds = row.rounds + 1;
  if (rounds >= rounds_max) {
    await updatePin(trx, of_member, { wrong_tries: 0, rounds, blocked_at: now });
    return { type: "blocked" };
  }
  const locked_until = new Date(now.getTime() + lock_minutes * 60_000);
  await updatePin(trx, of_member, { wrong_tries: 0, rounds, locked_until });
  return { type: "locked", minutes: lock_minutes };
}

/** How many PINs of all communities are locked for now, and how many until a reset. */
export async function countShutPins(
  db: Reader,
  now: Date,
): Promise<{ readonly locked: number; readonly blocked: number }> {
  return await db
    .selectFrom("pin")
    .select(({ fn }) => [
      fn.countAll<number>().filterWhere("blocked_at", "is", null).as("locked"),
      fn.countAll<number>().filterWhere("blocked_at", "is not", null).as("blocked"),
    ])
    .where((eb) => eb.or([eb("locked_until", ">", now), eb("blocked_at", "is not", null)]))
    // As the index of these few has it.
    .where((eb) => eb.or([eb("locked_until", "is not", null), eb("blocked_at", "is not", null)]))
    .executeTakeFirstOrThrow();
}

interface OfMember {
  readonly community_id: string;
  readonly member_id: string;
}

/** The member's PIN, held until the transaction ends: so one member's acts wait for each other. */
export const lockPin = (trx: Writer, { community_id, member_id }: OfMember) =>
  trx
    .selectFrom("pin")
    .select(["hash", "wrong_tries", "rounds", "locked_until", "blocked_at", "reset_ready_at"])
    .where("community_id", "=", community_id)
    .where("member_id", "=", member_id)
    .forUpdate()
    .executeTakeFirst();

const untouched = {
  wrong_tries: 0,
  rounds: 0,
  locked_until: null,
  reset_by: null,
  reset_ready_at: null,
} as const;

const isTouched = (row: {
  wrong_tries: number;
  rounds: number;
  locked_until: Date | null;
  reset_ready_at: Date | null;
}): boolean =>
  row.wrong_tries > 0 || row.rounds > 0 || row.locked_until !== null || row.reset_ready_at !== null;

interface PinChange {
  readonly wrong_tries?: number;
  readonly rounds?: number;
  readonly locked_until?: Date | null;
  readonly blocked_at?: Date | null;
  readonly reset_by?: string | null;
  readonly reset_ready_at?: Date | null;
}

/** Ends a lock or block: every try anew, under the PIN there is. */
export const reopenPin = (trx: Writer, of_member: OfMember): Promise<void> =>
  updatePin(trx, of_member, { wrong_tries: 0, rounds: 0, locked_until: null, blocked_at: null });

/** Changes what is kept beside a PIN. */
export async function updatePin(
  trx: Writer,
  { community_id, member_id }: OfMember,
  change: PinChange,
): Promise<void> {
  await trx
    .updateTable("pin")
    .set(change)
    .where("community_id", "=", community_id)
    .where("member_id", "=", member_id)
    .execute();
}

/** Whole minutes until a lock ends, rounded up. */
export const minutesUntil = (until: Date, now: Date): number =>
  Math.ceil((until.getTime() - now.getTime()) / 60_000);
