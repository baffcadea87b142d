import { sql } from "kysely";
import type { Reader } from "../db/database.ts";
import { masked } from "../trace/masked.ts";
import type { Purpose } from "./outbox.ts";

/** queued → sending → sent → delivered | failed | unknown, and back to queued when not taken. */
export const text_states = ["queued", "sending", "sent", "delivered", "failed", "unknown"] as const;
export type TextState = (typeof text_states)[number];

/** What the gateway takes for a text: ISO 4217, and a decimal as it was written, never a float. */
export interface TextCost {
  readonly currency: string;
  readonly amount: string;
}

/** An outgoing text as an administrator may see it. */
export interface ListedText {
  readonly id: string;
  /** `+254*****101` */
  readonly recipient: string;
  readonly member_id: string | null;
  readonly purpose: Purpose;
  /** With `****` where it is secret. */
  readonly text: string;
  readonly segments: number;
  /** What the gateway took for it; null until it is sent, and where it did not say. */
  readonly cost: TextCost | null;
  readonly state: TextState;
  /** Why it failed, waits or is unknown. */
  readonly reason: string | null;
  /** How often it was handed to the gateway. */
  readonly attempts: number;
  /** The text that an operator sent again as this one. */
  readonly resend_of: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** Which texts are wanted; what is absent is not asked about. */
export interface TextFilter {
  readonly state?: TextState | undefined;
  readonly purpose?: Purpose | undefined;
  /** E.164, whole. */
  readonly recipient?: string | undefined;
  readonly member_id?: string | undefined;
  /** Written at this moment or later. */
  readonly from?: Date | undefined;
  /** Written before this moment. */
  readonly until?: Date | undefined;
}

export type TextPage =
  | {
      readonly type: "page";
      readonly texts: readonly ListedText[];
      /** Asks for the next page; null on the last. */
      readonly next: string | null;
    }
  | { readonly type: "bad-cursor" };

const page_max = 200;

/**
 * A community's texts, newest first, a page at a time. Texts that are written meanwhile neither
 * repeat nor hide any: a cursor names the last text shown, not a count.
 * @param page.limit from 1 to 200.
 * @param page.after the `next` of the page before.
 */
export async function listTexts(
  db: Reader,
  community_id: string,
  filter: TextFilter,
  page: { readonly limit: number; readonly after?: string | undefined },
): Promise<TextPage> {
  const after = page.after === undefined ? undefined : readCursor(page.after);
  if (page.after !== undefined && after === undefined) return { type: "bad-cursor" };
  const limit = Math.max(1, Math.min(page.limit, page_max));
  let query = db
    .selectFrom("message")
    .select(["id", "recipient", "member_id", "text", "segments", "reason", "attempts"])
    .select(["resend_of", "created_at", "updated_at", "cost_currency", "cost_amount"])
    .select([sql<Purpose>`purpose`.as("purpose"), sql<TextState>`state`.as("state")])
    .where("community_id", "=", community_id);
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (filter.purpose !== undefined) query = query.where("purpose", "=", filter.purpose);
  if (filter.recipient !== undefined) query = query.where("recipient", "=", filter.recipient);
  if (filter.member_id !== undefined) query = query.where("member_id", "=", filter.member_id);
  if (filter.from !== undefined) query = query.where("created_at", ">=", filter.from);
  if (filter.until !== undefined) query = query.where("created_at", "<", filter.until);
  if (after !== undefined)
    query = query.where(sql<boolean>`(created_at, id) < (${after.created_at}, ${after.id}::uuid)`);
  const rows = await query
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    // One more tells whether there is another page.
    .limit(limit + 1)
    .execute();
  const texts = rows.slice(0, limit).map(({ cost_currency, cost_amount, ...row }) => ({
    ...row,
    recipient: masked(row.recipient),
    cost:
      cost_currency === null || cost_amount === null
        ? null
        : { currency: cost_currency, amount: cost_amount },
  }));
  const last = texts.at(-1);
  return { type: "page", texts, next: rows.length > limit && last ? cursorOf(last) : null };
}

/** How many texts there are, and what the network charges for. */
export interface TextTally {
  readonly texts: number;
  readonly segments: number;
  /** What the gateway said they cost, a sum for each currency; nothing where it did not say. */
  readonly costs: readonly TextCost[];
}

type ByState<T> = Readonly<Record<TextState, T>>;
type Span = Pick<TextFilter, "from" | "until">;

/** A community's texts, written in a span of time. */
export const tallyAll = async (db: Reader, community_id: string, span: Span): Promise<TextTally> =>
  tallyOf(await byCurrency(db, community_id, span).execute());

/** A community's texts in each state. */
export async function tallyTexts(
  db: Reader,
  community_id: string,
  span: Span = {},
): Promise<ByState<TextTally>> {
  const rows = await byCurrency(db, community_id, span)
    .select(sql<TextState>`state`.as("state"))
    .groupBy("state")
    .execute();
  return eachState((state) => tallyOf(rows.filter((row) => row.state === state)));
}

interface CurrencyRow {
  readonly currency: string | null;
  readonly amount: string | null;
  readonly texts: number;
  readonly segments: number;
}

function byCurrency(db: Reader, community_id: string, { from, until }: Span) {
  let query = db
    .selectFrom("message")
    .select(({ fn }) => [
      "cost_currency as currency",
      sql<string | null>`sum(cost_amount)`.as("amount"),
      fn.countAll<number>().as("texts"),
      fn.sum<number>("segments").as("segments"),
    ])
    .where("community_id", "=", community_id);
  if (from !== undefined) query = query.where("created_at", ">=", from);
  if (until !== undefined) query = query.where("created_at", "<", until);
  return query.groupBy("cost_currency").orderBy("cost_currency");
}

const tallyOf = (rows: readonly CurrencyRow[]): TextTally => ({
  texts: rows.reduce((sum, { texts }) => sum + texts, 0),
  segments: rows.reduce((sum, { segments }) => sum + segments, 0),
  // Decimals are summed by Postgres, exactly.
  costs: rows.flatMap(({ currency, amount }) =>
    currency === null || amount === null ? [] : [{ currency, amount }],
  ),
});

/** How many of a community's texts are in each state. */
export async function countTexts(
  db: Reader,
  community_id: string,
  span: Span = {},
): Promise<ByState<number>> {
  const tallies = await tallyTexts(db, community_id, span);
  return eachState((state) => tallies[state].texts);
}

const eachState = <T>(of: (state: TextState) => T): ByState<T> =>
  Object.fromEntries(text_states.map((state) => [state, of(state)])) as ByState<T>;

/** More than this are as many as anybody needs to know of. */
const counted_max = 10_000;

/** How many texts of all communities wait to be sent, and since when the oldest: milliseconds. */
export async function queuedTexts(
  db: Reader,
  now: Date,
): Promise<{ readonly queued: number; readonly oldest_ms: number }> {
  const { rows } = await sql<{ queued: number; oldest: Date | null }>`
    select
      (select count(*) from (
        select from message where state = 'queued' limit ${counted_max}
      ) as counted) as queued,
      (select created_at from message where state = 'queued' order by created_at limit 1) as oldest
  `.execute(db);
  const { queued = 0, oldest = null } = rows[0] ?? {};
  return { queued, oldest_ms: oldest === null ? 0 : Math.max(0, now.getTime() - oldest.getTime()) };
}

interface Cursor {
  readonly created_at: Date;
  readonly id: string;
}

const cursorOf = ({ created_at, id }: Cursor): string =>
  Buffer.from(`${created_at.toISOString()} ${id}`).toString("base64url");

function readCursor(text: string): Cursor | undefined {
  const [time = "", id = ""] = Buffer.from(text, "base64url").toString("utf8").split(" ");
  const created_at = new Date(time);
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
  return isUuid && !Number.isNaN(created_at.getTime()) ? { created_at, id } : undefined;
}
