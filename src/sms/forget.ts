import type { Reader } from "../db/database.ts";
import { deleteOldest } from "../db/forget.ts";

/**
 * Deletes texts that came in and whose time is over, the oldest first; what they did is elsewhere.
 * @returns how many.
 */
export const forgetInbound = (db: Reader, received_before: Date): Promise<number> =>
  deleteOldest(db, "inbound_message", {
    key: ["community_id", "gateway_id"],
    by: "received_at",
    before: received_before,
    at_once: 1_000,
  });
