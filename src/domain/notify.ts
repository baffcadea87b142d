import { writeTexts, type Purpose, type Text } from "../outbox/outbox.ts";
import { sealingKey } from "../outbox/seal.ts";
import type { Context } from "./context.ts";
import { rejectionWords } from "./reasons.ts";

/** One text to one person, before it is put into words. */
export interface Notice {
  readonly to: { readonly id: string | null; readonly phone: string; readonly language: string };
  readonly purpose: Purpose;
  /** The text's key in menus/words. */
  readonly text: string;
  readonly fields: Readonly<Record<string, string | number>>;
  /** Another text's key, said after it. */
  readonly also?: string | undefined;
  /** Fields that only the reader may see: stored as `****`, the whole text sealed until it is sent. */
  readonly secrets?: readonly string[] | undefined;
}

/** What it takes to say something to somebody. */
export type Speaker = Pick<Context, "trx" | "community" | "now" | "say" | "pepper">;

/** What fills the place of the PIN in texts that say how to text: nothing where texts carry none. */
export const pinPlace = ({
  text_proof,
}: Pick<Context["community"], "text_proof">): { readonly pin: string } => ({
  pin: text_proof === "pin" ? " PIN" : "",
});

/** Puts each notice into its reader's language and writes it in the act's own transaction (R34). */
export async function notify(speaker: Speaker, notices: readonly Notice[]): Promise<void> {
  const { trx, community, now } = speaker;
  await writeTexts(
    trx,
    community.id,
    now,
    notices.map((notice) => textOf(speaker, notice)),
  );
}

function textOf({ say, pepper, community }: Speaker, notice: Notice): Text {
  const { to, purpose, text, also, secrets = [] } = notice;
  const fields = { ...pinPlace(community), ...notice.fields };
  const said = (shown: Notice["fields"]) =>
    say(to.language, also === undefined ? [text] : [text, also], shown);
  const address = { recipient: to.phone, member_id: to.id, purpose };
  const whole = said(fields);
  if (secrets.length === 0) return { ...address, ...whole };
  const hidden = Object.fromEntries(secrets.map((name) => [name, "****"]));
  return {
    ...address,
    text: said({ ...fields, ...hidden }).text,
    segments: whole.segments,
    whole: { text: whole.text, key: sealingKey(pepper) },
  };
}

/** The texts that acts write, by their keys in menus/words; answers to texts are the commands' own. */
export const notices = [
  ...["claim-waiting", "claim-confirmed", "claim-rejected", "claim-expired", "neutral-deed"],
  ...rejectionWords.map((word) => `rejected.${word}`),
  ...[
    "join-waiting",
    "join-waiting-sms",
    "join-declined",
    "welcome",
    "welcome-sms",
    "language-name",
  ],
  ...["reset-started", "reset-started-sms", "pin-changed"],
  ...["number-moving", "number-moving-sms", "number-moved"],
  ...["redemption-code", "redemption-at-partner", "redemption-order", "redemption-done"],
  ...["unlock-done", "redemption-paid", "redemption-cancelled"],
  "redemption-to-settle",
  ...["redemption-expiring", "redemption-expired", "order-expired"],
  ...["unlock-expiring", "unlock-expired"],
  ...["vendor-locked", "key-spent"],
  ...["sent", "received", "cash-out-asked"],
  ...["cash-out-paid", "journal-reversed", "manager-stopped"],
  ...["budget-low", "budget-reached"],
  ...["dispute-raised", "dispute-waiting", "dispute-upheld", "dispute-declined"],
  ...["proposal-open", "proposal-passed", "proposal-failed", "proposal-cancelled"],
  ...["proposal-done", "proposals-exceed", "voted", "vote.yes", "vote.no", "vote.abstain"],
];
