import { sql, type Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import { recordOptOuts } from "./opt-out.ts";
import type { TextNews } from "./sending.ts";

/** What the gateway reports of a text it took. */
export interface Report {
  readonly gateway_id: string;
  readonly status: string;
  readonly reason: string | null;
  /** Whom it was for, in E.164; null when the report does not say. */
  readonly recipient: string | null;
}

// Statuses that settle a text; the others only say where it is (africas-talking.md).
const settles = sql<"delivered" | "failed" | null>`
  case status
    when 'Success' then 'delivered'
    when 'Failed' then 'failed'
    when 'Rejected' then 'failed'
    when 'Expired' then 'failed'
  end
`;

/**
 * Keeps reports and moves their texts' state forward. A report may come twice, out of order, for
 * nobody's text, or before the gateway's answer to the send was stored.
 * @returns the texts that moved.
 */
export async function takeReports(
  db: Kysely<DB>,
  reports: readonly Report[],
  now: Date,
): Promise<readonly TextNews[]> {
  const column = (pick: (report: Report) => string | null) => reports.map(pick);
  // Kept and committed first, then applied: a send whose answer is being stored at the same moment
  // looks for reports after its own commit, so whoever comes second sees both.
  await sql`
    insert into delivery_report (gateway_id, status, reason, recipient, received_at)
    select gateway_id, status, reason, recipient, ${now}::timestamptz
    from unnest(
      ${column(({ gateway_id }) => gateway_id)}::text[],
      ${column(({ status }) => status)}::text[],
      ${column(({ reason }) => reason)}::text[],
      ${column(({ recipient }) => recipient)}::text[]
    ) as r (gateway_id, status, reason, recipient)
    -- In one order, as whoever else keeps the same at the same moment.
    order by gateway_id, status
    on conflict do nothing
  `.execute(db);
  const applied = await applyReports(
    db,
    reports.map(({ gateway_id }) => gateway_id),
    now,
  );
  const matched = await matchReports(db, await recipientsOfUnknown(db, reports), now);
  return [...applied, ...matched];
}

/** Whom reports are for that come under an id no text has. */
async function recipientsOfUnknown(
  db: Kysely<DB>,
  reports: readonly Report[],
): Promise<readonly string[]> {
  const known = await db
    .selectFrom("message")
    .select("gateway_id")
    .where(
      "gateway_id",
      "in",
      reports.map(({ gateway_id }) => gateway_id),
    )
    .execute();
  const ids = new Set(known.map(({ gateway_id }) => gateway_id));
  return reports.flatMap(({ gateway_id, recipient }) =>
    recipient === null || ids.has(gateway_id) ? [] : [recipient],
  );
}

/**
 * Moves texts forward by the reports that are there for them; a settled one stays as it is.
 * @returns those that moved.
 */
export async function applyReports(
  db: Kysely<DB>,
  gateway_ids: readonly string[],
  now: Date,
): Promise<readonly TextNews[]> {
  const { rows } = await sql<TextNews & { community_id: string; recipient: string }>`
    with settled as (
      -- Delivered is told by one handset; a failure reported beside it is a retry that was not needed.
      select distinct on (gateway_id) gateway_id, ${settles} as state, reason
      from delivery_report
      where gateway_id = any (${gateway_ids}::text[]) and ${settles} is not null
      order by gateway_id, ${settles}
    ), moved as materialized (
      select m.community_id, m.id, s.state, s.reason
      from message as m
      join settled as s on s.gateway_id = m.gateway_id
      where m.state in ('sent', 'unknown')
      order by m.community_id, m.id
      for update of m
    )
    update message as m
    set state = s.state, reason = s.reason, sealed = null, updated_at = ${now}
    from moved as s
    where m.community_id = s.community_id and m.id = s.id
    returning m.community_id, m.recipient, m.request_id, m.state, m.reason, m.segments
  `.execute(db);
  const blocked = rows.filter(({ reason }) => reason === "UserInBlackList");
  await recordOptOuts(
    db,
    blocked.map(({ community_id, recipient: phone }) => ({ community_id, phone })),
    { source: "report", now },
  );
  return rows;
}

/** Younger ones are being looked after; of older ones the report is taken as never applied. */
const missed = { after_ms: 5_000, until_ms: 3_600_000, at_once: 500 };

/**
 * Applies reports that came before the gateway's answer was stored, where the worker died before it
 * looked for them. Several processes may call it.
 * @returns the texts that moved.
 */
export async function applyMissedReports(db: Kysely<DB>, now: Date): Promise<readonly TextNews[]> {
  const { rows } = await sql<{ gateway_id: string }>`
    select m.gateway_id
    from message as m
    where m.state = 'sent'
      and m.updated_at > ${new Date(now.getTime() - missed.until_ms)}
      and m.updated_at < ${new Date(now.getTime() - missed.after_ms)}
      and exists (
        select from delivery_report as r
        where r.gateway_id = m.gateway_id and ${settles} is not null
      )
    order by m.updated_at
    limit ${missed.at_once}
  `.execute(db);
  const ids = rows.map(({ gateway_id }) => gateway_id);
  return ids.length > 0 ? await applyReports(db, ids, now) : [];
}

/**
 * Finds the reports of texts whose fate is not known, because the gateway's answer with their id
 * never came. A report under an id that no text has, for a phone with exactly one such text and
 * none on its way, can only be that text's; with two of either, nobody can say, and it is left.
 * @returns the texts that moved.
 */
export async function matchReports(
  db: Kysely<DB>,
  recipients: readonly string[],
  now: Date,
): Promise<readonly TextNews[]> {
  if (recipients.length === 0) return [];
  const { rows } = await sql<{ gateway_id: string }>`
    with open as (
      select recipient, min(community_id::text)::uuid as community_id, min(id::text)::uuid as id,
        min(created_at) as created_at
      from message
      where recipient = any (${recipients}::text[])
        and gateway_id is null and state in ('sending', 'unknown')
      group by recipient
      having count(*) = 1 and bool_and(state = 'unknown')
    ), found as (
      select o.community_id, o.id, min(r.gateway_id) as gateway_id
      from open as o
      join delivery_report as r on r.recipient = o.recipient and r.received_at >= o.created_at
      where not exists (select from message as m where m.gateway_id = r.gateway_id)
      group by o.community_id, o.id
      having count(distinct r.gateway_id) = 1
    )
    update message as m
    set gateway_id = f.gateway_id, updated_at = ${now}
    from found as f
    where m.community_id = f.community_id and m.id = f.id
      and m.state = 'unknown' and m.gateway_id is null
    returning m.gateway_id
  `.execute(db);
  const gateway_ids = rows.map(({ gateway_id }) => gateway_id);
  return gateway_ids.length > 0 ? await applyReports(db, gateway_ids, now) : [];
}
