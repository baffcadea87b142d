import type { Writer } from "../db/database.ts";
import type { Community } from "./communities.ts";

/** What every act works in: one transaction, one community, one moment. */
export interface Context {
  readonly trx: Writer;
  readonly community: Community;
  /** From the one clock. */
  readonly now: Date;
  /** Puts texts into a language, one after the other, and counts what they cost to send. */
  readonly say: Say;
  /** Keys the hashes of PINs; never in the database. */
  readonly pepper: Buffer;
}

export type Say = (
  language: string,
  texts: readonly string[],
  fields: Readonly<Record<string, string | number>>,
) => { readonly text: string; readonly segments: number };
