import { sql, type Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import type { TextCost, TextState } from "./reading.ts";
import { unseal, type SealingKey } from "./seal.ts";

/** Names one text. */
export interface TextKey {
  readonly community_id: string;
  readonly id: string;
}

/** A text that waits for the queue. */
export interface Waiting extends TextKey {
  /** 1 goes before 2, and 2 before 3. */
  readonly urgency: number;
}

/**
 * Texts that are due to be handed to the queue, the most urgent first and then the oldest; marks
 * them to be handed over again later, since the queue may lose them.
 */
export async function takeQueued(
  db: Kysely<DB>,
  spec: { readonly now: Date; readonly again_at: Date; readonly limit: number },
): Promise<readonly Waiting[]> {
  const { rows } = await sql<Waiting>`
    with due as materialized (
      select community_id, id
      from message
      where state = 'queued' and due_at <= ${spec.now}
      order by urgency, due_at
      limit ${spec.limit}
      -- Another process is handing these over.
      for update skip locked
    )
    update message as m
    set due_at = ${spec.again_at}
    from due
    where m.community_id = due.community_id and m.id = due.id
    returning m.community_id, m.id, m.urgency
  `.execute(db);
  return rows.sort((a, b) => a.urgency - b.urgency || (a.id < b.id ? -1 : 1));
}

/** How a text stands now, as it is told in the log and in the metrics. */
export interface TextNews {
  /** The request that caused it; null where nobody asked. */
  readonly request_id: string | null;
  readonly state: TextState;
  readonly reason: string | null;
  readonly segments: number;
  /** Told once, when it was sent, where the gateway said it. */
  readonly cost?: TextCost | null;
}

/** A text as it goes to the gateway. */
export interface Outgoing extends TextKey {
  readonly recipient: string;
  /** The number of its community, which an answer must reach; null where it has none. */
  readonly sender: string | null;
  /** Undefined where its seal does not open under the key given. */
  readonly text: string | undefined;
  /** How often it was handed to the gateway, this time included. */
  readonly attempts: number;
  readonly created_at: Date;
  readonly segments: number;
  readonly request_id: string | null;
}

/** Why a text is not sent to somebody who sent STOP; also what the list of texts shows. */
export const opted_out = "opted out";

/**
 * Takes queued texts to be sent now. Left out are those taken or settled before, and those that
 * whoever sent STOP no longer gets: these fail with that reason, here, so that a STOP counts
 * until the last moment.
 */
export async function takeForSending(
  db: Kysely<DB>,
  keys: readonly TextKey[],
  { now, sealing_key }: { now: Date; sealing_key: SealingKey },
): Promise<readonly Outgoing[]> {
  const { rows } = await sql<TakenRow>`
    with taken as materialized (
      select m.community_id, m.id,
        m.purpose in ('request', 'reminder') and exists (
          select from opt_out as o
          where o.community_id = m.community_id and o.phone = m.recipient and o.ended_at is null
        ) as withheld
      from message as m
      join unnest(${columnOf(keys, "community_id")}::uuid[], ${columnOf(keys, "id")}::uuid[])
        as k (community_id, id) on k.community_id = m.community_id and k.id = m.id
      where m.state = 'queued'
      -- Another worker is taking it.
      for update of m skip locked
    )
    update message as m
    set state = case when withheld then 'failed' else 'sending' end,
      reason = case when withheld then ${opted_out} else m.reason end,
      sealed = case when withheld then null else m.sealed end,
      attempts = m.attempts + case when withheld then 0 else 1 end,
      due_at = null,
      updated_at = ${now}
    from taken
    join community as c on c.id = taken.community_id
    where m.community_id = taken.community_id and m.id = taken.id
    returning m.community_id, m.id, m.recipient, c.sms_number as sender, m.text, m.sealed, m.attempts,
      m.created_at, m.state, m.segments, m.request_id
  `.execute(db);
  return rows
    .filter(({ state }) => state === "sending")
    .map(({ text, sealed, state: _state, ...outgoing }) => ({
      ...outgoing,
      text: sealed === null ? text : unseal(sealing_key, outgoing, sealed),
    }));
}

interface TakenRow extends Outgoing {
  readonly text: string;
  readonly sealed: Buffer | null;
  readonly state: string;
}

/** What became of a text that was being sent. */
export type Fate =
  | {
      readonly state: "sent";
      readonly gateway_id: string;
      readonly cost: TextCost | null;
      readonly reason: null;
    }
  | { readonly state: "failed" | "unknown"; readonly reason: string }
  /** To be tried again. */
  | { readonly state: "queued"; readonly reason: string; readonly due_at: Date };

/**
 * Stores what became of texts that this worker was sending, also when an answer took so long that
 * the worker was given up for dead.
 */
export async function settle(
  db: Kysely<DB>,
  fates: readonly { readonly key: TextKey; readonly fate: Fate }[],
  now: Date,
): Promise<void> {
  const keys = fates.map(({ key }) => key);
  const column = (pick: (fate: Fate) => string | Date | null) =>
    fates.map(({ fate }) => pick(fate));
  const cost = (of: keyof TextCost) =>
    column((fate) => (fate.state === "sent" ? (fate.cost?.[of] ?? null) : null));
  await sql`
    with settled as materialized (
      select m.community_id, m.id, k.reason, k.gateway_id, k.cost_currency, k.cost_amount,
        -- Given up for dead, and sent again by an operator or emptied meanwhile: it does not go back.
        case when k.state = 'queued' and over then 'failed' else k.state end as state,
        case when k.state = 'queued' and over then null else k.due_at end as due_at
      from message as m
      cross join lateral (
        select m.state = 'unknown' and (m.text = '' or exists (
          select from message as r where r.community_id = m.community_id and r.resend_of = m.id
        )) as over
      ) as again
      join unnest(
        ${columnOf(keys, "community_id")}::uuid[],
        ${columnOf(keys, "id")}::uuid[],
        ${column(({ state }) => state)}::text[],
        ${column(({ reason }) => reason)}::text[],
        ${column((fate) => (fate.state === "sent" ? fate.gateway_id : null))}::text[],
        ${column((fate) => (fate.state === "queued" ? fate.due_at : null))}::timestamptz[],
        ${cost("currency")}::text[],
        ${cost("amount")}::numeric[]
      ) as k (
        community_id, id, state, reason, gateway_id, due_at, cost_currency, cost_amount
      )
        on k.community_id = m.community_id and k.id = m.id
      where m.state in ('sending', 'unknown')
      -- In one order, as whoever else changes several at once.
      order by m.community_id, m.id
      for update of m
    )
    update message as m
    set state = s.state, reason = s.reason, due_at = s.due_at, updated_at = ${now},
      gateway_id = s.gateway_id, cost_currency = s.cost_currency, cost_amount = s.cost_amount,
      sealed = case when s.state = 'failed' then null else m.sealed end
    from settled as s
    where m.community_id = s.community_id and m.id = s.id
  `.execute(db);
}

/** Puts texts off that are still queued: nothing was tried. */
export async function putOff(db: Kysely<DB>, keys: readonly TextKey[], until: Date): Promise<void> {
  await sql`
    update message as m
    set due_at = ${until}
    from unnest(${columnOf(keys, "community_id")}::uuid[], ${columnOf(keys, "id")}::uuid[])
      as k (community_id, id)
    where m.community_id = k.community_id and m.id = k.id and m.state = 'queued'
  `.execute(db);
}

const columnOf = (keys: readonly TextKey[], name: keyof TextKey): readonly string[] =>
  keys.map((key) => key[name]);
