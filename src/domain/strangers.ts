import { createHmac } from "node:crypto";
import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import { deleteOldest } from "../db/forget.ts";
import type { Context } from "./context.ts";

/** Texts of one phone that is nobody's here which are taken in an hour. */
const texts_an_hour_max = 10;
/** The count beyond that says no more. */
const counted_max = 1000;
const kept_days = 30;
const forgotten_at_once = 1_000;

type Place = Pick<Context, "trx" | "community" | "now" | "pepper">;

/** What is kept of a number that is nobody's here. */
const digestOf = (pepper: Buffer, phone: string): Buffer =>
  createHmac("sha256", pepper).update("stranger:").update(phone).digest();

/**
 * Counts a text of a phone that is nobody's here.
 * @returns the language they chose, null for none; undefined when they have texted too much within
 *   the hour, and this text is to be left alone.
 */
export async function meetStranger(
  { trx, community, now, pepper }: Place,
  phone: string,
): Promise<{ readonly language: string | null } | undefined> {
  const hour = sql<boolean>`stranger.hour_began_at > ${now}::timestamptz - interval '1 hour'`;
  const { texts, language } = await trx
    .insertInto("stranger")
    .values({
      community_id: community.id,
      phone_digest: digestOf(pepper, phone),
      texts: 1,
      hour_began_at: now,
      last_at: now,
    })
    .onConflict((conflict) =>
      conflict.columns(["community_id", "phone_digest"]).doUpdateSet({
        texts: sql<number>`case when ${hour} then least(stranger.texts + 1, ${counted_max}) else 1 end`,
        hour_began_at: sql<Date>`case when ${hour} then stranger.hour_began_at else ${now} end`,
        last_at: now,
      }),
    )
    .returning(["texts", "language"])
    .executeTakeFirstOrThrow();
  return texts > texts_an_hour_max ? undefined : { language };
}

/** Whether a stranger may be told now that they are not in the community: once a day (R26). */
export async function mayTellStranger(
  { trx, community, now, pepper }: Place,
  phone: string,
): Promise<boolean> {
  const told = await trx
    .updateTable("stranger")
    .set({ told_at: now })
    .where("community_id", "=", community.id)
    .where("phone_digest", "=", digestOf(pepper, phone))
    .where((eb) =>
      eb.or([eb("told_at", "is", null), eb("told_at", "<=", new Date(now.getTime() - 86_400_000))]),
    )
    .returning("told_at")
    .executeTakeFirst();
  return told !== undefined;
}

/** From now on a stranger is answered, and asks to join, in this language. */
export async function setStrangersLanguage(
  { trx, community, pepper }: Place,
  phone: string,
  language: string,
): Promise<void> {
  await trx
    .updateTable("stranger")
    .set({ language })
    .where("community_id", "=", community.id)
    .where("phone_digest", "=", digestOf(pepper, phone))
    .execute();
}

/** Forgets what is kept of one number. */
export async function forgetStranger(
  { trx, community, pepper }: Place,
  phone: string,
): Promise<void> {
  await trx
    .deleteFrom("stranger")
    .where("community_id", "=", community.id)
    .where("phone_digest", "=", digestOf(pepper, phone))
    .execute();
}

/** Forgets strangers who have not texted for a month. @returns how many. */
export const forgetStrangers = (db: Reader, now: Date): Promise<number> =>
  deleteOldest(db, "stranger", {
    key: ["community_id", "phone_digest"],
    by: "last_at",
    before: new Date(now.getTime() - kept_days * 86_400_000),
    at_once: forgotten_at_once,
  });
