import { hash, verify } from "@node-rs/argon2";
import type { Writer } from "../db/database.ts";
import type { Context } from "./context.ts";
import type { Member } from "./members.ts";

/**
 * The memory-hard hash of R27: argon2id, which is the library's default. On two cores it does 80 to 90 a second, some 25 ms each, on the
 * thread pool and so beside the event loop.
 */
const cost = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

const wrong_tries_max = 3;
const lock_minutes = 15;

export type PinVerdict =
  | { readonly type: "right" }
  | { readonly type: "wrong"; readonly tries_left: number }
  | { readonly type: "locked"; readonly minutes: number };

/** Gives a member a PIN, in place of any before. */
export async function setPin(
  trx: Writer,
  spec: { community_id: string; member_id: string; digits: string; pepper: Buffer; now: Date },
): Promise<void> {
  const hashed = await hash(spec.digits, { ...cost, secret: spec.pepper });
  const fresh = { hash: hashed, wrong_tries: 0, locked_until: null, changed_at: spec.now };
  await trx
    .insertInto("pin")
    .values({ ...fresh, community_id: spec.community_id, member_id: spec.member_id })
    .onConflict((conflict) => conflict.columns(["community_id", "member_id"]).doUpdateSet(fresh))
    .execute();
}

/**
 * Checks a PIN under R27: three wrong tries lock it for 15 minutes. A wrong try is counted in the
 * transaction that tells of it, so nobody learns that a PIN was wrong without the count, and tries
 * at the same moment wait for each other.
 */
export async function checkPin(
  { trx, community, now, pepper }: Context,
  member: Member,
  digits: string,
): Promise<PinVerdict> {
  const row = await trx
    .selectFrom("pin")
    .select(["hash", "wrong_tries", "locked_until"])
    .where("community_id", "=", community.id)
    .where("member_id", "=", member.id)
    .forUpdate()
    .executeTakeFirst();
  // Without a PIN nothing moves; the caller learns no more than that it was not right.
  if (row === undefined) return { type: "wrong", tries_left: 0 };
  if (row.locked_until !== null && row.locked_until > now)
    return { type: "locked", minutes: minutesUntil(row.locked_until, now) };

  const right = await verify(row.hash, digits, { secret: pepper });
  const before = row.locked_until === null ? row.wrong_tries : 0;
  if (right && before === 0 && row.locked_until === null) return { type: "right" };
  const wrong_tries = right ? 0 : before + 1;
  const locked = wrong_tries >= wrong_tries_max;
  const locked_until = locked ? new Date(now.getTime() + lock_minutes * 60_000) : null;
  await trx
    .updateTable("pin")
    .set({ wrong_tries, locked_until })
    .where("community_id", "=", community.id)
    .where("member_id", "=", member.id)
    .execute();
  if (right) return { type: "right" };
  return locked
    ? { type: "locked", minutes: lock_minutes }
    : { type: "wrong", tries_left: wrong_tries_max - wrong_tries };
}

const minutesUntil = (until: Date, now: Date): number =>
  Math.ceil((until.getTime() - now.getTime()) / 60_000);
