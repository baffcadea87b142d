import { v7 as uuid } from "uuid";
import type { Writer } from "../db/database.ts";
import { requestId } from "../trace/request.ts";
import { seal, type SealingKey } from "./seal.ts";

/**
 * What a text is for. The most urgent go first (migrations/0021), and whoever sent STOP gets no
 * requests and no reminders any more (R32).
 * - `code`: what somebody needs to collect or hand over;
 * - `security`: of PINs and numbers;
 * - `receipt`: what became of value or of a claim;
 * - `answer`: to a text of theirs;
 * - `request`: asks somebody to do something; `reminder`: asks again, or tells how something ended
 *   in which they had a part.
 */
export type Purpose = "code" | "security" | "receipt" | "answer" | "request" | "reminder";

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
  /** The text that an operator sends again as this one. */
  readonly resend_of?: string | undefined;
}

/**
 * Writes texts in the transaction of the act they tell of: both are kept, or neither (R34). The
 * worker finds them after the commit. They carry the id of the request that caused them.
 * @returns their ids, in order.
 */
export async function writeTexts(
  trx: Writer,
  community_id: string,
  now: Date,
  texts: readonly Text[],
): Promise<readonly string[]> {
  if (texts.length === 0) return [];
  const moment = { created_at: now, updated_at: now, due_at: now, request_id: requestId() };
  const rows = texts.map(({ whole, resend_of = null, ...text }) => {
    const key = { community_id, id: uuid() };
    const sealed = whole && seal(whole.key, { ...key, recipient: text.recipient }, whole.text);
    const secret = sealed !== undefined;
    return { ...text, ...key, ...moment, resend_of, secret, sealed: sealed ?? null };
  });
  await trx.insertInto("message").values(rows).execute();
  return rows.map(({ id }) => id);
}
