import type { Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import type { Gateway, SendResult } from "../gateway/gateway.ts";
import { applyReports } from "../outbox/delivery.ts";
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
  { db, gateway, now }: { db: Kysely<DB>; gateway: Gateway; now: () => Date },
  key: TextKey,
): Promise<void> {
  const text = await takeForSending(db, key, now());
  if (text === undefined) return;
  const result = await gateway.send(text.recipient, text.text);
  await settle(db, key, fateOf(result), now());
  if (result.type === "accepted")
    // Its report may have come before its id was known here.
    await applyReports(db, result.gateway_id, now());
  if (result.type === "not-taken") throw new NotTaken(result.reason);
}

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
