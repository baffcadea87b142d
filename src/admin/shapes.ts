import { z } from "zod";
import type { Page, PageAsked } from "../domain/pages.ts";

/** Where a row is named in a path. */
export const idIn = z.object({ id: z.uuid() });

const cursor = z
  .string()
  .regex(/^[\w-]{21}[AQgw]$/, "what `next` of the page before says")
  .describe("Where to go on: what `next` of the page before said.");

/** How a list is asked for. */
export const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursor.optional(),
});

/** A moment in a request; Postgres has no year 0. */
export const moment = z.iso
  .datetime({ offset: true, error: "a date and time, such as 2026-03-14T00:00:00Z" })
  .regex(/^(19|2\d)/, "a year from 1900 on");

/** How a list of what happens over time is asked for. */
export const timeQuery = listQuery.extend({
  from: moment.optional().describe("Only what happened at this moment or later."),
  until: moment.optional().describe("Only what happened before this moment."),
});

/** The span of time of a list. */
export const spanOf = ({
  from,
  until,
}: {
  from?: string | undefined;
  until?: string | undefined;
}) => ({
  from: from === undefined ? undefined : new Date(from),
  until: until === undefined ? undefined : new Date(until),
});

/** The page that a query asks for. */
export function pageAsked(query: z.infer<typeof listQuery>): PageAsked {
  const { limit, cursor } = query;
  return { limit, after: cursor === undefined ? undefined : uuidOf(cursor) };
}

/** Sixteen bytes in base64url, and as Postgres writes them. */
function uuidOf(cursor: string): string {
  const hex = Buffer.from(cursor, "base64url").toString("hex");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const cursorOf = (id: string): string =>
  Buffer.from(id.replaceAll("-", ""), "hex").toString("base64url");

/** How a page of a list is answered. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe("The cursor of the next page; null at the end."),
  });

/** A page with its cursor in the form it is given out. */
export const listed = <T>({ items, next }: Page<T>): { items: T[]; next: string | null } => ({
  items: [...items],
  next: next === null ? null : cursorOf(next),
});

/** The page, span and status that a query asks for. */
export const timeAsked = <S>(
  query: z.infer<typeof timeQuery> & { readonly status?: S | undefined },
) => ({
  ...pageAsked(query),
  ...spanOf(query),
  status: query.status,
});
