import type { Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import type { Gateway, SendResult } from "../gateway/gateway.ts";
import { applyReports } from "../outbox/delivery.ts";
import type { SealingKey } from "../outbox/seal.ts";
import { settle, takeForSending, type Fate, type TextKey } from "../outbox/sending.ts";

/** The gateway did not take a text; the queue tries it again. */
class NotTaken extends Error {
  override readonly name = "NotTaken";
}

/**
 * Sends one text, once: whoever takes it from the outbox first sends it, and what became of it is
 * stored before anything else happens to it.
 * @throws NotTaken when it may be tried again.
 */
export async function sendText(
  {
    db,
    gateway,
    now,
    sealing_key,
  }: { db: Kysely<DB>; gateway: Gateway; now: () => Date; sealing_key: SealingKey },
  key: TextKey,
): Promise<void> {
  const taken = await takeForSending(db, key, { now: now(), sealing_key });
  if (taken === undefined) return;
  const { recipient, text } = taken;
  const result = text === undefined ? unopened : await gateway.send(recipient, text);
  await settle(db, key, fateOf(result), now());
  if (result.type === "accepted")
    // Its report may have come before its id was known here.
    await applyReports(db, result.gateway_id, now());
  if (result.type === "not-taken") throw new NotTaken(result.reason);
}

/** Another pepper than the one it was sealed under, which an operator can put right. */
const unopened: SendResult = { type: "not-taken", reason: "its seal does not open" };

function fateOf(result: SendResult): Fate {
  switch (result.type) {
    case "accepted":
      return { state: "sent", gateway_id: result.gateway_id, reason: null };
    case "refused":
      return { state: "failed", reason: result.reason };
    case "not-taken":
      return { state: "queued", reason: result.reason };
    case "unknown":
      return { state: "unknown", reason: result.reason };
  }
}
