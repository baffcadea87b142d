import { z } from "zod";
import { listAudit } from "../../domain/audit-log.ts";
import { text } from "../../domain/text.ts";
import { readAll, type House } from "../route.ts";
import { listed, listOf, pageAsked, spanOf, timeQuery } from "../shapes.ts";

const event = z
  .object({
    id: z.uuid(),
    at: z.date(),
    community: z.string().nullable().describe("Null for acts that belong to no community."),
    actor: z.string().describe("`member:<id>`, `key:<id>` or `service`."),
    actor_name: z
      .string()
      .nullable()
      .describe("The key's name; to a partner `overseer` for a key of the overseer's."),
    act: z.string(),
    subject: z.string(),
    before: z.unknown(),
    after: z.unknown(),
  })
  .meta({ id: "AuditEvent" });

const query = timeQuery.extend({
  community: text(40).optional().describe("Only this community, by its slug."),
  actor: text(80).optional(),
  act: text(60).optional(),
  subject: text(80).optional(),
});

/** The audit log (R31). */
export function auditLog(house: House): void {
  readAll(house, {
    url: "/audit",
    tag: "audit",
    summary: "Who did what, newest first: before and after.",
    query,
    answer: listOf(event),
    read: async ({ db, caller, query }) => {
      const { community, actor, act, subject } = query;
      const asked = { community, actor, act, subject, ...pageAsked(query), ...spanOf(query) };
      return { answer: listed(await listAudit(db, caller.whose, asked)) };
    },
  });
}
