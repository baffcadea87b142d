import { v7 as uuid } from "uuid";
import type { Writer } from "../db/database.ts";
import { seal, type SealingKey } from "./seal.ts";

/** What a text is for: a receipt and an answer are kept apart from what only asks for something. */
export type Purpose = "receipt" | "request" | "answer";

/** A text to be sent, in its final words. */
export interface Text {
  readonly recipient: string;
  readonly member_id: string | null;
  readonly purpose: Purpose;
  /** As it may be read at rest: with `****` where it is secret. */
  readonly text: string;
  /** What the network charges for, counted from the whole text. */
  readonly segments: number;
  /** The whole text where `text` hides something, and what it is kept under. */
  readonly whole?: { readonly text: string; readonly key: SealingKey } | undefined;
}

/**
 * Writes texts in the transaction of the act they tell of: both are kept, or neither (R34). The
 * worker finds them after the commit.
 */
export async function writeTexts(
  trx: Writer,
  community_id: string,
  now: Date,
  texts: readonly Text[],
): Promise<void> {
  if (texts.length === 0) return;
  const rows = texts.map(({ whole, ...text }) => {
    const key = { community_id, id: uuid() };
    const sealed = whole && seal(whole.key, { ...key, recipient: text.recipient }, whole.text);
    return { ...text, ...key, sealed: sealed ?? null, created_at: now, updated_at: now };
  });
  await trx.insertInto("message").values(rows).execute();
}
