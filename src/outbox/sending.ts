import type { Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import { unseal, type SealingKey } from "./seal.ts";

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

/** A text as it goes to the gateway; undefined where its seal does not open under the key given. */
export interface Outgoing {
  readonly recipient: string;
  readonly text: string | undefined;
  readonly attempts: number;
}

/** Takes a queued text to be sent now; undefined when it was taken or settled before. */
export async function takeForSending(
  db: Kysely<DB>,
  key: TextKey,
  { now, sealing_key }: { now: Date; sealing_key: SealingKey },
): Promise<Outgoing | undefined> {
  const taken = await db
    .updateTable("message")
    .set((eb) => ({ state: "sending", attempts: eb("attempts", "+", 1), updated_at: now }))
    .where("community_id", "=", key.community_id)
    .where("id", "=", key.id)
    .where("state", "=", "queued")
    .returning(["recipient", "text", "sealed", "attempts"])
    .executeTakeFirst();
  if (taken === undefined) return undefined;
  const { recipient, attempts, sealed } = taken;
  const text = sealed === null ? taken.text : unseal(sealing_key, { ...key, recipient }, sealed);
  return { recipient, text, attempts };
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
    .set({ ...fate, ...(fate.state === "failed" && { sealed: null }), updated_at: now })
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

/** No network delivers a text later than this; what is sealed in it is then nobody's to keep. */
const sealed_max_ms = 7 * 86_400_000;

/** Wipes what is still sealed of texts that no report came for. */
export async function wipeSealed(db: Kysely<DB>, now: Date): Promise<void> {
  await db
    .updateTable("message")
    .set({ sealed: null })
    .where("sealed", "is not", null)
    .where("state", "in", ["sent", "unknown"])
    .where("updated_at", "<", new Date(now.getTime() - sealed_max_ms))
    .execute();
}
