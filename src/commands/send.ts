import type { Account } from "../domain/callers.ts";
import { readFunds } from "../domain/balance.ts";
import { isCalled, type Member } from "../domain/members.ts";
import { hasSentTo, keepSend, sendByWord } from "../domain/pending-sends.ts";
import { phoneEnd, readPhone } from "../domain/phones.ts";
import { recipientsAt, sendableToday, sendSoccs, type Sent } from "../domain/transfers.ts";
import {
  command,
  nameWord,
  number,
  optional,
  phoneWord,
  pinWord,
  unreadable,
  withShort,
  type Word,
} from "../sms/grammar.ts";
import { asOldest, roleAnswers, valueAnswers, withPinAndName, type Texter } from "./sender.ts";

/** The word that a transfer waits for: a letter first, so that it is no number. */
const sendWord: Word<string> = {
  takes: "one",
  read: (text) => (/^[a-z][a-z0-9]{3}$/i.test(text) ? text.toUpperCase() : undefined),
};

/** The receipt is the answer, which is paid for once; of what was sent before it is a few words. */
const sentAnswers = {
  sent: "sent",
  "sent-before": "send.sent",
  "balance-too-low": "balance-too-low",
  "daily-limit": "send.daily-limit",
  "recipient-gone": "send.no-recipient",
} as const;

/**
 * `SEND <phone> [name] <amount> <PIN>` (R16), with a name where the phone serves several. The first
 * time to somebody, and after long silence, the answer is the recipient's name and a word, and
 * `SEND <word>` sends.
 */
const byPhone = command(
  "send",
  {
    phone: phoneWord,
    to: optional(nameWord),
    amount: number,
    name: optional(nameWord),
    pin: pinWord,
  },
  async ({ phone: typed, to, amount, name, pin }, texter: Texter) => {
    const phone = readPhone(typed, texter.community);
    if (phone === undefined) return unreadable("phone");
    return await withPinAndName(texter, { role: "anyone", pin, name, doing: ["sent"] }, (sender) =>
      sendOrAsk(texter, { sender, phone, to, amount }),
    );
  },
  {
    ...valueAnswers,
    ...sentAnswers,
    asks: "send.asks",
    check: "send.check",
    "no-recipient": "send.no-recipient",
    several: "send.several",
  },
);

export const send = withShort(
  byPhone,
  { word: sendWord },
  ({ word }, texter: Texter) =>
    asOldest(texter, "anyone", async () => {
      const done = await sendByWord(texter, { senders: texter.accounts, word });
      return "type" in done ? done : answered(done.sent);
    }),
  { ...roleAnswers, ...sentAnswers, "no-such-word": "send.no-such-word" },
);

function answered(sent: Sent) {
  if (sent.type !== "sent") return sent;
  const { fields, receipt } = sent;
  return receipt === undefined
    ? { type: "sent-before" as const, fields }
    : { type: "sent" as const, fields: { ...fields, ...receipt } };
}

interface Spec {
  readonly sender: Account;
  readonly phone: string;
  /** A word of the recipient's name. */
  readonly to: string | undefined;
  readonly amount: number;
}

async function sendOrAsk(texter: Texter, { sender, phone, to, amount }: Spec) {
  const there = await recipientsAt(texter, sender, phone);
  if (there.length === 0) return { type: "no-recipient" as const };
  const [recipient, ...others] = there.filter(({ name }) => to === undefined || isCalled(to, name));
  if (recipient === undefined || others.length > 0)
    return { type: "several" as const, fields: { names: namesOf(there) } };
  const end = phoneEnd(recipient.phone);
  // Where texts carry no PIN, the name is read with the word that it waits for anyhow.
  const is_read = texter.community.text_proof === "word";
  if (is_read || (!sender.idle && (await hasSentTo(texter, { sender, recipient })))) {
    const { once } = texter;
    const spec = { once, sender, recipient_id: recipient.id, amount, writes_receipt: false };
    const sent = answered(await sendSoccs(texter, spec));
    return sent.type === "sent" ? { ...sent, fields: { ...sent.fields, end } } : sent;
  }
  const refused = await whyNot(texter, { sender, amount });
  if (refused !== undefined) return refused;
  const word = await keepSend(texter, { sender, recipient, amount });
  return { type: "check" as const, fields: { amount, name: recipient.name, end, word } };
}

/** What would be refused then is told now, before anybody is asked for a word. */
async function whyNot(
  texter: Texter,
  { sender, amount }: { sender: Account; amount: number },
): Promise<Extract<Sent, { type: "balance-too-low" | "daily-limit" }> | undefined> {
  const { balance } = await readFunds(texter, sender);
  if (amount > balance) return { type: "balance-too-low", fields: { missing: amount - balance } };
  const left = await sendableToday(texter, sender);
  return amount > left ? { type: "daily-limit", fields: { left } } : undefined;
}

/** Most names that a text has room for. */
const names_shown = 2;

/** `Mary Atieno, Akoth Atieno +1`. */
export function namesOf(people: readonly Member[]): string {
  const names = people.slice(0, names_shown).map(({ name }) => name);
  const more = people.length - names.length;
  return names.join(", ") + (more > 0 ? ` +${more}` : "");
}
