import { sql, type Kysely } from "kysely";
import type { Writer } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import type { DB } from "../db/types.ts";
import type { PlainFields, Words } from "../words/words.ts";
import {
  commandLike,
  commandNamed,
  hear,
  isUnreadable,
  wordsOf,
  type Command,
  type Heard,
  type Reader,
} from "./grammar.ts";
import { wipe } from "./wipe.ts";

/** One text the gateway delivered. */
export interface Inbound {
  /** The same text delivered again has the same. */
  readonly gateway_id: string;
  readonly sender: string;
  /** The number it was sent to. */
  readonly number: string;
  readonly text: string;
}

export interface Admitted<Deps> {
  readonly community_id: string;
  /** Null for a phone that is nobody's here. */
  readonly member_id: string | null;
  readonly language: string;
  /** Those spoken here besides, in which a keyword may be misspelt. */
  readonly languages: readonly string[];
  /**
   * Of a phone that is nobody's here: whether it may be told that it is, which costs money. Only
   * commands that are open to everybody are understood from it.
   */
  readonly mayBeTold?: () => Promise<boolean>;
  readonly deps: Deps;
}

/** What answers a text: the key of its words, and whether the sender should delete theirs. */
export interface Answer {
  readonly text: string;
  readonly fields: PlainFields;
  readonly secret: boolean;
  /** Undefined where it is for whoever the phone is known as. */
  readonly by?: Reader | undefined;
  /** Undefined where none was understood. */
  readonly command?: string | undefined;
}

/** What a text came to: never what stood in it. */
export interface TakenText {
  /** `later`: with nothing done; the same text will be taken when it is delivered again. */
  readonly outcome: "answered" | "left-alone" | "repeated" | "turned-away" | "later";
  readonly command?: string | undefined;
  /** The key of the answer's words. */
  readonly answer?: string;
}

/** What is told of the service whose commands these are. */
export interface TextService<Deps> {
  readonly db: Kysely<DB>;
  readonly words: Words;
  readonly commands: ReadonlyMap<string, Command<Deps>>;
  readonly now: () => Date;
  /** Undefined turns the sender away, with nothing written of the text. */
  readonly admit: (trx: Writer, inbound: Inbound) => Promise<Admitted<Deps> | undefined>;
  readonly answer: (deps: Deps, answer: Answer) => Promise<void>;
}

/**
 * Texts of one member that are taken within a minute. Nobody types faster; after an outage the gateway
 * delivers what has gathered at once, and what is beyond this is delivered again a minute later.
 */
const a_minute_max = 60;

/** Ends a transaction with nothing done; never leaves this file. */
class Later extends Error {}

/**
 * Takes one text in one transaction: its act, its answer and the note that it was taken are kept
 * together or not at all. Delivered again, also at the same moment, it has no second effect.
 * @throws CommitUnknown, or a fault with nothing done: the gateway will deliver it again.
 */
export async function takeText<Deps>(
  service: TextService<Deps>,
  inbound: Inbound,
): Promise<TakenText> {
  try {
    return await inTransaction(service.db, (trx) => take(service, trx, inbound));
  } catch (error) {
    if (error instanceof Later) return { outcome: "later" };
    throw error;
  }
}

async function take<Deps>(
  service: TextService<Deps>,
  trx: Writer,
  inbound: Inbound,
): Promise<TakenText> {
  const admitted = await service.admit(trx, inbound);
  if (admitted === undefined) return { outcome: "turned-away" };
  const { community_id, member_id, deps } = admitted;
  const key = { community_id, gateway_id: inbound.gateway_id };
  const first = await trx
    .insertInto("inbound_message")
    .values({
      ...key,
      member_id,
      text: wipe(inbound.text).slice(0, 1000),
      outcome: "left-alone",
      received_at: service.now(),
    })
    // Waits for the same text being taken elsewhere, and then finds it here.
    .onConflict((conflict) => conflict.doNothing())
    .returning(countOfLate(service, admitted).as("of_late"))
    .executeTakeFirst();
  if (first === undefined) return { outcome: "repeated" };
  if (first.of_late >= a_minute_max) throw new Later();

  const answer = await obey(service, admitted, inbound.text);
  if (answer === undefined || (await isOneTooMany(trx, service, admitted, answer)))
    return { outcome: "left-alone", command: answer?.command };
  await service.answer(deps, answer);
  await trx
    .updateTable("inbound_message")
    .set({ outcome: answer.text })
    .where("community_id", "=", community_id)
    .where("gateway_id", "=", key.gateway_id)
    .execute();
  return { outcome: "answered", command: answer.command, answer: answer.text };
}

/** How many other texts of a member were taken within the minute. Strangers' are counted elsewhere. */
const countOfLate = <Deps>(
  { now }: TextService<Deps>,
  { community_id, member_id }: Admitted<Deps>,
) => sql<number>`(
  select count(*) from (
    select from inbound_message as late
    where late.community_id = ${community_id} and late.member_id = ${member_id}
      and late.received_at > ${new Date(now().getTime() - 60_000)}
    limit ${a_minute_max}
  ) as of_late
)`;

/** What is answered to a text that was not read as a command. */
const unread = ["not-understood", "word-missing", "word-unreadable", "too-many-words"];
/** More of them to one member in an hour are two machines that answer each other, and each costs. */
const unread_an_hour_max = 20;

/** Whether a member has been answered often enough of late that they were not understood. */
async function isOneTooMany<Deps>(
  trx: Writer,
  { now }: TextService<Deps>,
  { community_id, member_id }: Admitted<Deps>,
  { text }: Answer,
): Promise<boolean> {
  // Strangers' texts are counted where they are admitted.
  if (member_id === null || !unread.includes(text)) return false;
  const rows = await trx
    .selectFrom("inbound_message")
    .select("gateway_id")
    .where("community_id", "=", community_id)
    .where("member_id", "=", member_id)
    .where("received_at", ">", new Date(now().getTime() - 3_600_000))
    .where("outcome", "in", unread)
    .limit(unread_an_hour_max)
    .execute();
  return rows.length >= unread_an_hour_max;
}

const looksSecret = (text: string): boolean => /\p{Nd}{4}/u.test(text);

/** Finds the command, reads its words and runs it; undefined leaves a stranger's text alone. */
async function obey<Deps>(
  service: TextService<Deps>,
  admitted: Admitted<Deps>,
  text: string,
): Promise<Answer | undefined> {
  const [keyword = "", ...rest] = wordsOf(text);
  const command = commandMeant(service, admitted, keyword);
  const { mayBeTold, deps } = admitted;
  if (mayBeTold !== undefined && command?.open !== true)
    return (await mayBeTold()) ? { text: "members-only", fields: {}, secret: false } : undefined;
  if (command === undefined)
    return { text: "not-understood", fields: {}, secret: looksSecret(text) };

  const { form, heard } = formHeard(command, command.forgiving ? [] : rest);
  const { name } = command;
  const refused = (why: Exclude<Heard, { readonly type: "heard" }>): Answer => ({
    ...refusal(service, admitted, command, { why, secret: looksSecret(text) }),
    command: name,
  });
  if (heard.type !== "heard") return refused(heard);
  // The grammar has just checked each word against the form's own shape.
  const outcome = await form.act(heard.said as never, deps);
  if (isUnreadable(outcome)) return refused({ type: "unreadable", word: outcome.word });
  const { type, fields = {}, by } = outcome;
  const answer = command.answers[type];
  if (answer === undefined) throw new Error(`${name}: no answer for ${type}`);
  const secret = Object.values(form.shape).some((word) => word.secret) || command.forgiving;
  return { text: answer, fields, by, command: name, secret: secret === true && looksSecret(text) };
}

/** The command a keyword names in any language, or nearly names in one that is spoken here. */
function commandMeant<Deps>(
  { words, commands }: TextService<Deps>,
  { language, languages }: Admitted<Deps>,
  keyword: string,
): Command<Deps> | undefined {
  const spoken = [language, ...languages].map((code) => words.in(code));
  const name =
    commandNamed([...spoken, ...words.languages.values()], keyword) ?? commandLike(spoken, keyword);
  return name === undefined ? undefined : commands.get(name);
}

/** The form of a command that the words are in; where none is, its own and what is wrong. */
function formHeard<Deps>(command: Command<Deps>, words: readonly string[]) {
  const { short } = command;
  if (short !== undefined) {
    const heard = hear(short.shape, words);
    if (heard.type === "heard") return { form: short, heard };
  }
  return { form: command, heard: hear(command.shape, words) };
}

/** Names the word that was wrong and shows how the command is used. */
function refusal<Deps>(
  { words }: TextService<Deps>,
  { language }: Admitted<Deps>,
  { name }: Command<Deps>,
  { why, secret }: { why: Exclude<Heard, { readonly type: "heard" }>; secret: boolean },
): Answer {
  const { usage = "", words: called = {} } = words.in(language).commands[name] ?? {};
  if (why.type === "too-many") return { text: "too-many-words", fields: { usage }, secret };
  const word = called[why.word] ?? why.word;
  return { text: `word-${why.type}`, fields: { word, usage }, secret };
}
