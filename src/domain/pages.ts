/** What a reader of a list asks for: how many, and after which id. Ids are UUIDv7, so newest first. */
export interface PageAsked {
  readonly limit: number;
  /** The last id of the page before. */
  readonly after?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** What to ask the next page after; null at the end. */
  readonly next: string | null;
}

/** A page of rows that were read with a limit of one more: the one more tells that there is a next. */
export function pageOf<T extends { readonly id: string }>(
  rows: readonly T[],
  limit: number,
): Page<T> {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
