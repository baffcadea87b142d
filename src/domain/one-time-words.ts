import { createHmac, timingSafeEqual } from "node:crypto";
import { sql } from "kysely";
import { v7 as uuid } from "uuid";
import { z } from "zod";
import type { Reader } from "../db/database.ts";
import { deleteOldest } from "../db/forget.ts";
import { rehearse } from "../db/transaction.ts";
import { seal, sealingKey, unseal } from "../outbox/seal.ts";
import { newOneTimeWord } from "./codes.ts";
import type { Context } from "./context.ts";
import { gentlest } from "./household-pin.ts";
import type { Member } from "./members.ts";
import { countWrongTry, lockPin, updatePin, whyClosed, type PinVerdict } from "./pins.ts";
import { markActive } from "./silence.ts";

/** How long a word is good. */
export const word_minutes = 10;

/** A command with its values, as it is kept until its word comes. */
const command = z.object({
  command: z.string(),
  form: z.int(),
  said: z.record(z.string(), z.unknown()),
});
export type WaitingCommand = z.infer<typeof command>;

/** What the word shows: that who texts also reads the phone of this account. */
interface Asker {
  readonly member: Member;
  /** E.164: the phone that asked, and the only one the word is good from. */
  readonly phone: string;
}

/** Why an account gets no word, if it gets none: its PIN is locked or blocked (R27). */
export async function whyNoWord(
  { trx, community, now }: Context,
  { id: member_id }: Member,
): Promise<Exclude<PinVerdict, { type: "right" | "wrong" }> | undefined> {
  const pin = await lockPin(trx, { community_id: community.id, member_id });
  return pin === undefined ? { type: "blocked" } : whyClosed(pin, now);
}

/**
 * What an act would come to. What would be done is taken back, for it waits for its word; what is
 * refused stays as it is told.
 */
export const rehearsed = <T>(
  { trx }: Context,
  act: () => Promise<T>,
  isDone: (outcome: T) => boolean,
): Promise<T> => rehearse(trx, act, isDone);

/**
 * Keeps a command for ten minutes until its word comes. One waits for each account: the newest.
 * @returns the word, said to nobody but the account's phone.
 */
export async function keepForWord(
  { trx, community, now, pepper }: Context,
  { member, phone }: Asker,
  waiting: WaitingCommand,
): Promise<string> {
  const word = newOneTimeWord();
  const of = { community_id: community.id, id: uuid(), recipient: phone };
  const kept = {
    id: of.id,
    word_digest: wordDigest(pepper, of, word),
    command: seal(sealingKey(pepper), of, JSON.stringify(waiting)),
    expires_at: new Date(now.getTime() + word_minutes * 60_000),
  };
  const pin = await lockPin(trx, { community_id: community.id, member_id: member.id });
  await trx
    .insertInto("waiting_command")
    .values({ ...kept, community_id: community.id, member_id: member.id })
    .onConflict((conflict) =>
      conflict.columns(["community_id", "member_id"]).doUpdateSet({
        ...kept,
        // A right PIN or a lock may have taken tries back since.
        wrong_words: sql<number>`least(waiting_command.wrong_words, ${pin?.wrong_tries ?? 0})`,
      }),
    )
    .execute();
  return word;
}

export type WordTaken<M extends Member> =
  | { readonly type: "right"; readonly member: M; readonly waiting: WaitingCommand }
  /** Nothing waits, or no longer. */
  | { readonly type: "none-waits" }
  | Exclude<PinVerdict, { readonly type: "right" }>;

/**
 * Takes a word for what waits for it, once. One that is nobody's counts as a wrong try of the PIN of
 * every account that waits for one (R27). The right one takes back the wrong words before it, but no
 * wrong PIN, and ends no reset: it shows less than a PIN does.
 * @param members the accounts of the phone the word came from.
 */
export async function takeWord<M extends Member>(
  context: Context,
  { members, phone, word }: { members: readonly M[]; phone: string; word: string },
): Promise<WordTaken<M>> {
  const { trx, community, now, pepper } = context;
  const verdicts: Exclude<PinVerdict, { type: "right" }>[] = [];
  const missed: (() => Promise<Exclude<PinVerdict, { type: "right" }>>)[] = [];
  for (const member of members) {
    const of_member = { community_id: community.id, member_id: member.id };
    // Before anything is read: one account's acts wait for each other here.
    const pin = await lockPin(trx, of_member);
    const kept = pin && (await waitingOf(context, member));
    if (pin === undefined || kept === undefined) continue;
    const closed = whyClosed(pin, now);
    if (closed !== undefined) {
      verdicts.push(closed);
      continue;
    }
    const of = { community_id: community.id, id: kept.id, recipient: phone };
    if (!timingSafeEqual(kept.word_digest, wordDigest(pepper, of, word))) {
      missed.push(() => countWrongWord(context, { member, pin }));
      continue;
    }
    await forget(context, member);
    await updatePin(trx, of_member, {
      wrong_tries: Math.max(0, pin.wrong_tries - kept.wrong_words),
    });
    await markActive(trx, of_member, now);
    const opened = unseal(sealingKey(pepper), of, kept.command);
    // An earlier version of the service may have kept it, minutes ago, in another shape.
    const waiting = opened && command.safeParse(JSON.parse(opened)).data;
    return waiting ? { type: "right", member, waiting } : { type: "none-waits" };
  }
  for (const count of missed) verdicts.push(await count());
  return verdicts.length === 0 ? { type: "none-waits" } : gentlest(verdicts);
}

const waitingOf = ({ trx, community, now }: Context, { id }: Member) =>
  trx
    .selectFrom("waiting_command")
    .select(["id", "word_digest", "command", "wrong_words"])
    .where("community_id", "=", community.id)
    .where("member_id", "=", id)
    .where("expires_at", ">", now)
    .executeTakeFirst();

async function countWrongWord(
  context: Context,
  { member, pin }: { member: Member; pin: NonNullable<Awaited<ReturnType<typeof lockPin>>> },
): Promise<Exclude<PinVerdict, { type: "right" }>> {
  const { trx, community, now } = context;
  const of_member = { community_id: community.id, member_id: member.id };
  const verdict = await countWrongTry(trx, { ...of_member, row: pin, now });
  if (verdict.type !== "wrong") await forget(context, member);
  else
    await trx
      .updateTable("waiting_command")
      .set((eb) => ({ wrong_words: eb("wrong_words", "+", 1) }))
      .where("community_id", "=", community.id)
      .where("member_id", "=", member.id)
      .execute();
  return verdict;
}

const forget = ({ trx, community }: Context, { id }: Member) =>
  trx
    .deleteFrom("waiting_command")
    .where("community_id", "=", community.id)
    .where("member_id", "=", id)
    .execute();

const forgotten_at_once = 1_000;

/** Forgets commands whose word did not come in time. @returns how many. */
export const forgetWords = (db: Reader, now: Date): Promise<number> =>
  deleteOldest(db, "waiting_command", {
    key: ["community_id", "member_id"],
    by: "expires_at",
    before: now,
    at_once: forgotten_at_once,
  });

/** What is kept of a word: worth nothing for another command, from another phone, or to a reader. */
const wordDigest = (
  pepper: Buffer,
  of: { community_id: string; id: string; recipient: string },
  word: string,
): Buffer =>
  createHmac("sha256", pepper)
    .update(`one-time-word:${of.community_id} ${of.id} ${of.recipient} `)
    .update(word)
    .digest();
