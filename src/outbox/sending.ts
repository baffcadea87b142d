import type { Kysely } from "kysely";
import type { DB } from "../db/types.ts";

/** Names one text. */
export interface TextKey {
  readonly community_id: string;
  readonly id: string;
}

/** A text handed to the queue longer ago than this is handed over again: the queue may have died. */
const relay_again_ms = 60_000;
/** A worker that took a text longer ago than this is dead, and nobody knows if it was sent. */
const sending_max_ms = 120_000;

/** Texts that wait to be handed to the queue, oldest first, and marks them as handed over. */
export async function takeQueued(
  db: Kysely<DB>,
  now: Date,
  limit: number,
): Promise<readonly TextKey[]> {
  const lost = new Date(now.getTime() - relay_again_ms);
  return await db
    .updateTable("message")
    .set({ relayed_at: now })
    .where((eb) =>
      eb(
        eb.refTuple("community_id", "id"),
        "in",
        eb
          .selectFrom("message")
          .select(["community_id", "id"])
          .where("state", "=", "queued")
          .where((due) => due.or([due("relayed_at", "is", null), due("relayed_at", "<", lost)]))
          .orderBy("created_at")
          .limit(limit)
          // Another process is handing these over.
          .forUpdate()
          .skipLocked()
          .$asTuple("community_id", "id"),
      ),
    )
    .returning(["community_id", "id"])
    .execute();
}

/** Takes a queued text to be sent now; undefined when it was taken or settled before. */
export async function takeForSending(
  db: Kysely<DB>,
  key: TextKey,
  now: Date,
): Promise<{ recipient: string; text: string; attempts: number } | undefined> {
  return await db
    .updateTable("message")
    .set((eb) => ({ state: "sending", attempts: eb("attempts", "+", 1), updated_at: now }))
    .where("community_id", "=", key.community_id)
    .where("id", "=", key.id)
    .where("state", "=", "queued")
    .returning(["recipient", "text", "attempts"])
    .executeTakeFirst();
}

/** What became of a text that was being sent. */
export type Fate =
  | { readonly state: "sent"; readonly gateway_id: string; readonly reason: null }
  | { readonly state: "queued" | "failed" | "unknown"; readonly reason: string };

/**
 * Stores what became of a text that this worker was sending, also when the answer took so long that
 * the worker was given up for dead.
 */
export async function settle(db: Kysely<DB>, key: TextKey, fate: Fate, now: Date): Promise<void> {
  await db
    .updateTable("message")
    .set({ ...fate, updated_at: now })
    .where("community_id", "=", key.community_id)
    .where("id", "=", key.id)
    .where("state", "in", ["sending", "unknown"])
    .execute();
}

/** Marks texts whose worker died while sending: they are not sent again blindly (R34). */
export async function markAbandoned(db: Kysely<DB>, now: Date): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable("message")
    .set({ state: "unknown", reason: "the worker stopped while sending", updated_at: now })
    .where("state", "=", "sending")
    .where("updated_at", "<", new Date(now.getTime() - sending_max_ms))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
