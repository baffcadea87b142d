import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import type { Whose } from "./admin-keys.ts";
import { pageOf, type Page, type PageAsked } from "./pages.ts";

/** Whose keys a partner is told of by name: its own. Of the overseer's it learns that they are such. */
const keyName = (whose: Whose) =>
  whose.kind === "overseer"
    ? sql<string | null>`admin_key.name`
    : sql<string | null>`case
        when admin_key.partner_id = ${whose.partner_id} then admin_key.name
        when audit_event.actor like 'key:%' and admin_key.partner_id is null then 'overseer'
      end`;

const events = (db: Reader, whose: Whose) =>
  db
    .selectFrom("audit_event")
    .leftJoin("community", "community.id", "audit_event.community_id")
    .leftJoin("admin_key", (join) =>
      join.on(sql<boolean>`audit_event.actor = 'key:' || admin_key.id::text`),
    )
    .select(keyName(whose).as("actor_name"))
    .select([
      "audit_event.id",
      "audit_event.at",
      "community.slug as community",
      "audit_event.actor",
      "audit_event.act",
      "audit_event.subject",
      "audit_event.before",
      "audit_event.after",
    ]);

export type AuditRecord = Awaited<ReturnType<ReturnType<typeof events>["executeTakeFirstOrThrow"]>>;

/** What the audit log is asked for. */
export interface AuditAsked extends PageAsked {
  /** A community's slug. */
  readonly community?: string | undefined;
  readonly actor?: string | undefined;
  readonly act?: string | undefined;
  readonly subject?: string | undefined;
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
}

/**
 * Who did what, newest first (R31): an overseer reads all of it, a partner what was done in its own
 * communities.
 */
export async function listAudit(
  db: Reader,
  whose: Whose,
  asked: AuditAsked,
): Promise<Page<AuditRecord>> {
  let query = events(db, whose);
  if (whose.kind === "partner") query = query.where("community.partner_id", "=", whose.partner_id);
  if (asked.community !== undefined) query = query.where("community.slug", "=", asked.community);
  if (asked.actor !== undefined) query = query.where("audit_event.actor", "=", asked.actor);
  if (asked.act !== undefined) query = query.where("audit_event.act", "=", asked.act);
  if (asked.subject !== undefined) query = query.where("audit_event.subject", "=", asked.subject);
  if (asked.from !== undefined) query = query.where("audit_event.at", ">=", asked.from);
  if (asked.until !== undefined) query = query.where("audit_event.at", "<", asked.until);
  if (asked.after !== undefined) query = query.where("audit_event.id", "<", asked.after);
  const rows = await query
    .orderBy("audit_event.id", "desc")
    .limit(asked.limit + 1)
    .execute();
  return pageOf(rows, asked.limit);
}
