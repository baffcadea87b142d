import { sql } from "kysely";
import { v7 as uuid } from "uuid";
import type { Reader } from "../db/database.ts";
import { deleteOldest } from "../db/forget.ts";
import { newClaimCode } from "./codes.ts";
import type { Context } from "./context.ts";
import type { Member } from "./members.ts";
import { lockPin, whyClosed } from "./pins.ts";
import { sendSoccs, type Sent } from "./transfers.ts";

const word_minutes = 10;
/** How far back in the sender's book a recipient is looked for; older ones are asked about again. */
const lines_looked_at = 500;

/** Whether a member has sent to this recipient before, and so has seen their name. */
export async function hasSentTo(
  { trx, community }: Context,
  { sender, recipient }: { sender: Member; recipient: Member },
): Promise<boolean> {
  const { rows } = await sql<{ known: boolean }>`
    select exists (
      select from ledger.entry as mine
      join ledger.journal as j
        on j.community_id = mine.community_id and j.id = mine.journal_id and j.kind = 'transfer'
      join ledger.entry as theirs
        on theirs.community_id = j.community_id and theirs.journal_id = j.id
        and theirs.account_id = ${recipient.id} and theirs.amount > 0
      where mine.community_id = ${community.id} and mine.account_id = ${sender.id}
        and mine.stripe = 0 and mine.amount < 0
        and mine.seq > (
          select a.version - ${lines_looked_at}::integer from ledger.account as a
          where a.community_id = ${community.id} and a.id = ${sender.id} and a.stripe = 0
        )
    ) as known
  `.execute(trx);
  return rows[0]?.known === true;
}

/**
 * Keeps a transfer for ten minutes, until its sender has read the recipient's name and texts the
 * word (R16). The sender's PIN has been checked. One waits for each sender: the newest.
 * @returns the word.
 */
export async function keepSend(
  { trx, community, now }: Context,
  { sender, recipient, amount }: { sender: Member; recipient: Member; amount: number },
): Promise<string> {
  const word = newClaimCode();
  const kept = {
    id: uuid(),
    recipient_id: recipient.id,
    amount,
    word,
    expires_at: new Date(now.getTime() + word_minutes * 60_000),
  };
  await trx
    .insertInto("pending_send")
    .values({ ...kept, community_id: community.id, sender_id: sender.id })
    .onConflict((conflict) => conflict.columns(["community_id", "sender_id"]).doUpdateSet(kept))
    .execute();
  return word;
}

/**
 * Does the transfer that waits for its word. Said again within its time, it answers with the first.
 * @param senders the accounts of the phone the word came from.
 */
export async function sendByWord(
  context: Context,
  { senders, word }: { senders: readonly Member[]; word: string },
): Promise<{ readonly sender: Member; readonly sent: Sent } | { readonly type: "no-such-word" }> {
  const { trx, community, now } = context;
  const kept = await trx
    .selectFrom("pending_send")
    .select(["id", "sender_id", "recipient_id", "amount"])
    .where("community_id", "=", community.id)
    .where(
      "sender_id",
      "in",
      senders.map(({ id }) => id),
    )
    .where("word", "=", word)
    .where("expires_at", ">", now)
    .executeTakeFirst();
  const sender = senders.find(({ id }) => id === kept?.sender_id);
  if (kept === undefined || sender === undefined) return { type: "no-such-word" };
  // In the PIN's place: one sender's acts wait for each other, and a PIN that was locked or blocked
  // since it was given sends nothing more.
  const pin = await lockPin(trx, { community_id: community.id, member_id: sender.id });
  if (pin === undefined || whyClosed(pin, now) !== undefined) return { type: "no-such-word" };
  const { id, recipient_id, amount } = kept;
  const once = `send:${id}`;
  const spec = { once, sender, recipient_id, amount, writes_receipt: false };
  const sent = await sendSoccs(context, spec);
  return { sender, sent };
}

const forgotten_after_ms = 86_400_000;
const forgotten_at_once = 1_000;

/** Forgets transfers whose word was not said in time, or was said a day ago. @returns how many. */
export const forgetSends = (db: Reader, now: Date): Promise<number> =>
  deleteOldest(db, "pending_send", {
    key: ["community_id", "sender_id"],
    by: "expires_at",
    before: new Date(now.getTime() - forgotten_after_ms),
    at_once: forgotten_at_once,
  });
