import { v7 as uuid } from "uuid";
import type { Writer } from "../db/database.ts";

/** The community of acts that belong to none, such as making an overseer's key. */
export const programme_id = "00000000-0000-0000-0000-000000000000";

/** One act of a manager or an administrator: who, what, on what, before and after (R31). */
export interface AuditEvent {
  /** `member:<id>`, `key:<id>` or `service`. */
  readonly actor: string;
  /** Its subject's kind and what was done: `member.enrolled`, `claim.confirmed`. */
  readonly act: string;
  readonly subject: string;
  /** Never a PIN, a key or a whole phone number. */
  readonly before?: object;
  readonly after?: object;
}

/** Writes acts into the audit log, in their own transaction. */
export async function audit(
  trx: Writer,
  { community_id, now: at }: { community_id: string; now: Date },
  ...events: readonly AuditEvent[]
): Promise<void> {
  const rows = events.map(({ before, after, ...rest }) => ({
    ...rest,
    community_id,
    at,
    id: uuid(),
    before: before === undefined ? null : JSON.stringify(before),
    after: after === undefined ? null : JSON.stringify(after),
  }));
  if (rows.length > 0) await trx.insertInto("audit_event").values(rows).execute();
}
