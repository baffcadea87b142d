import { z } from "zod";
import { listMessages } from "../../domain/message-list.ts";
import { readIn, type House } from "../route.ts";
import { listed, listOf, pageAsked, spanOf, timeQuery } from "../shapes.ts";

const status = z.enum(["queued", "sending", "sent", "delivered", "failed", "unknown"]);

const message = z
  .object({
    id: z.uuid(),
    status,
    recipient: z.string().describe("Masked."),
    member_id: z.uuid().nullable(),
    purpose: z.string(),
    segments: z.int(),
    attempts: z.int(),
    reason: z.string().nullable().describe("Why it failed or is unknown, in the gateway's words."),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .meta({ id: "Message" });

/** Outgoing texts. */
export function messages(house: House): void {
  readIn(house, {
    url: "/communities/:community/messages",
    tag: "messages",
    summary: "Outgoing texts and what became of them, the newest first; not what they say.",
    query: timeQuery.extend({ status: status.optional() }),
    answer: listOf(message),
    read: async ({ db, community, query }) => {
      const asked = { ...pageAsked(query), ...spanOf(query), status: query.status };
      return { answer: listed(await listMessages(db, community.id, asked)) };
    },
  });
}
