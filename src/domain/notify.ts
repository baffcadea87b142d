import { writeTexts, type Purpose } from "../outbox/outbox.ts";
import type { Context } from "./context.ts";

/** One text to one person, before it is put into words. */
export interface Notice {
  readonly to: { readonly id: string | null; readonly phone: string; readonly language: string };
  readonly purpose: Purpose;
  /** The text's key in menus/words. */
  readonly text: string;
  readonly fields: Readonly<Record<string, string | number>>;
  /** Another text's key, said after it. */
  readonly also?: string | undefined;
}

/** Puts each notice into its reader's language and writes it in the act's own transaction (R34). */
export async function notify(
  { trx, community, now, say }: Pick<Context, "trx" | "community" | "now" | "say">,
  notices: readonly Notice[],
): Promise<void> {
  const texts = notices.map(({ to, purpose, text, fields, also }) => ({
    recipient: to.phone,
    member_id: to.id,
    purpose,
    ...say(to.language, also === undefined ? [text] : [text, also], fields),
  }));
  await writeTexts(trx, community.id, now, texts);
}

/** The texts that acts write, by their keys in menus/words; answers to texts are the commands' own. */
export const notices = [
  "claim-waiting",
  "claim-confirmed",
  "claim-rejected",
  "neutral-deed",
  "cash-out-paid",
  "journal-reversed",
] as const;
