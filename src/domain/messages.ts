import { sql } from "kysely";
import { writeTexts, type Purpose, type Text } from "../outbox/outbox.ts";
import { sealingKey, unseal } from "../outbox/seal.ts";
import { audit } from "./audit.ts";
import type { Context } from "./context.ts";

export {
  countTexts,
  listTexts,
  tallyAll,
  tallyTexts,
  text_states,
  type ListedText,
  type TextFilter,
  type TextState,
  type TextTally,
} from "../outbox/reading.ts";

type Here = Pick<Context, "trx" | "community" | "now">;

/** Which text, and the operator who decides: `key:<id>` or `member:<id>`. */
interface Decision {
  readonly id: string;
  readonly actor: string;
}

export type Resent =
  /** The new text's id. */
  | { readonly type: "resent"; readonly id: string }
  | { readonly type: "no-such-text" }
  /** It waits, is on its way or was delivered: sending it again would be a double. */
  | { readonly type: "not-resendable"; readonly state: string }
  | { readonly type: "resent-before"; readonly id: string }
  /** What it said is kept no longer. */
  | { readonly type: "words-gone" };

/**
 * Sends a text that failed, or of which nobody knows, again as a new one that names the first. Never
 * done by the service itself (R34): an operator has decided that a double is better than nothing,
 * and it is in the audit log. Asked for twice, it is one text.
 */
export async function resendText(
  context: Here & Pick<Context, "pepper">,
  { id, actor }: Decision,
): Promise<Resent> {
  const { trx, community, now, pepper } = context;
  const text = await lockText(context, id);
  if (text === undefined) return { type: "no-such-text" };
  if (text.state !== "failed" && text.state !== "unknown")
    return { type: "not-resendable", state: text.state };
  const before = await trx
    .selectFrom("message")
    .select("id")
    .where("community_id", "=", community.id)
    .where("resend_of", "=", id)
    .executeTakeFirst();
  if (before !== undefined) return { type: "resent-before", id: before.id };
  const whole = wholeOf(community.id, text, pepper);
  if (whole === "gone") return { type: "words-gone" };
  const { recipient, member_id, purpose, segments } = text;
  const again = { recipient, member_id, purpose, segments, text: text.text, whole, resend_of: id };
  const [resent = ""] = await writeTexts(trx, community.id, now, [again]);
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor,
      act: "text.resent",
      subject: `message:${id}`,
      before: { state: text.state },
      after: { message: resent },
    },
  );
  return { type: "resent", id: resent };
}

export type Settled =
  | { readonly type: "settled" }
  | { readonly type: "no-such-text" }
  | { readonly type: "not-unknown"; readonly state: string };

/** An operator has found out what became of a text of which nobody knew. */
export async function settleText(
  context: Here,
  { id, actor, as }: Decision & { readonly as: "delivered" | "failed" },
): Promise<Settled> {
  const { trx, community, now } = context;
  const text = await lockText(context, id);
  if (text === undefined) return { type: "no-such-text" };
  if (text.state !== "unknown") return { type: "not-unknown", state: text.state };
  await trx
    .updateTable("message")
    .set({ state: as, reason: "settled by an operator", sealed: null, updated_at: now })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .execute();
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor,
      act: "text.settled",
      subject: `message:${id}`,
      before: { state: text.state },
      after: { state: as },
    },
  );
  return { type: "settled" };
}

const lockText = ({ trx, community }: Here, id: string) =>
  trx
    .selectFrom("message")
    .select(["id", "recipient", "member_id", "text", "segments", "state", "secret", "sealed"])
    .select(sql<Purpose>`purpose`.as("purpose"))
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();

/** What is to be sealed again under the new text's name; undefined where nothing is secret. */
function wholeOf(
  community_id: string,
  row: { id: string; recipient: string; text: string; secret: boolean; sealed: Buffer | null },
  pepper: Buffer,
): Text["whole"] | "gone" {
  if (row.text === "") return "gone";
  if (!row.secret) return undefined;
  if (row.sealed === null) return "gone";
  const key = sealingKey(pepper);
  const of = { community_id, id: row.id, recipient: row.recipient };
  const text = unseal(key, of, row.sealed);
  return text === undefined ? "gone" : { text, key };
}
