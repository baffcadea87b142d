import { sql, type Kysely } from "kysely";
import type { Writer } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import type { DB } from "../db/types.ts";
import { fill, type PlainFields, type Words } from "../words/words.ts";
import {
  isUnreadable,
  wordsOf,
  type Asked,
  type Command,
  type Heard,
  type Outcome,
  type Reader,
  type Standing,
} from "./grammar.ts";
import { formHeard, formOf, type FormHeard } from "./hearing.ts";
import { commandMeant, commandSaid, wordsLookedAt } from "./meant.ts";
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
  /** Whether what needs showing who texts is said with a PIN, or without and waits for a word. */
  readonly proof: "pin" | "word";
  /** How a phone number, as it was typed, stands in the community's country. */
  readonly numbers: (typed: string) => Standing;
  /** What the places of a command's usage are filled with. */
  readonly usage: PlainFields;
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
  /** Another text's key, said after it. */
  readonly then?: string | undefined;
  /** Fields that only the reader may see. */
  readonly secrets?: readonly string[] | undefined;
  /** Nothing is kept of the text it answers. */
  readonly wiped?: true;
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

/** What a text stood for that was the word of a command which waited: this, or why not. */
export type Recalled<Deps> =
  | { readonly type: "recalled"; readonly asked: Asked; readonly deps: Deps }
  | { readonly type: "answered"; readonly answer: Answer };

/** What is told of the service whose commands these are. */
export interface TextService<Deps extends Asking> {
  readonly db: Kysely<DB>;
  readonly words: Words;
  readonly commands: ReadonlyMap<string, Command<Deps>>;
  readonly now: () => Date;
  /** Undefined turns the sender away, with nothing written of the text. */
  readonly admit: (trx: Writer, inbound: Inbound) => Promise<Admitted<Deps> | undefined>;
  readonly answer: (deps: Deps, answer: Answer) => Promise<void>;
  /** What may be kept of a text, but for what `wipe` takes from it in any case. */
  readonly mask: (text: string) => string;
  /** Of a text that may be the word of a command which waits; undefined where it can be none. */
  readonly recall: (deps: Deps, text: Spoken) => Promise<Recalled<Deps> | undefined>;
}

/** What a command is told of how it was said. */
interface Asking {
  readonly asked?: Asked | undefined;
}

/** The words of a text, and the command that the first of them is the very keyword of. */
export interface Spoken {
  readonly command: string | undefined;
  readonly words: readonly string[];
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
export async function takeText<Deps extends Asking>(
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

async function take<Deps extends Asking>(
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
      text: wipe(service.mask(inbound.text)).slice(0, 1000),
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
    .set({ outcome: answer.text, ...(answer.wiped && { text: "****" }) })
    .where("community_id", "=", community_id)
    .where("gateway_id", "=", key.gateway_id)
    .execute();
  return { outcome: "answered", command: answer.command, answer: answer.text };
}

/** How many other texts of a member were taken within the minute. Strangers' are counted elsewhere. */
const countOfLate = <Deps extends Asking>(
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
async function isOneTooMany<Deps extends Asking>(
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

/** Whether a text may hold a PIN; where they carry none, only one that stands where it used to. */
const looksSecret = (text: string, proof: "pin" | "word"): boolean =>
  (proof === "pin" ? /\p{Nd}{4}/u : /(?<!\p{Nd})\p{Nd}{4}[^\p{L}\p{Nd}]*$/u).test(text);

/** Finds the command, reads its words and runs it; undefined leaves a stranger's text alone. */
async function obey<Deps extends Asking>(
  service: TextService<Deps>,
  admitted: Admitted<Deps>,
  text: string,
): Promise<Answer | undefined> {
  const words = wordsOf(text);
  const [keyword = "", ...rest] = words;
  const command = commandMeant(service, admitted, keyword);
  const { mayBeTold, deps, proof } = admitted;
  if (mayBeTold !== undefined && command?.open !== true)
    return (await mayBeTold()) ? { text: "members-only", fields: {}, secret: false } : undefined;
  const secret = looksSecret(text, proof);
  if (proof === "word") {
    const said = commandSaid(service, admitted, keyword);
    const recalled = await service.recall(deps, { command: said, words });
    if (recalled !== undefined) return await runRecalled(service, admitted, recalled);
  }
  if (command === undefined) return { text: "not-understood", fields: {}, secret };

  const found = formHeard(command, wordsLookedAt(command, keyword, rest), admitted);
  if (found.heard.type === "pin-said") return { text: "word.no-pin", fields: {}, secret };
  if (found.heard.type !== "heard")
    return {
      ...refusal(service, admitted, command, { why: found.heard, secret }),
      command: command.name,
    };
  const { said } = found.heard;
  return await run(service, admitted, { command, found, said, secret, deps });
}

/** What waited for its word is done; nothing is kept of the text that held it. */
async function runRecalled<Deps extends Asking>(
  service: TextService<Deps>,
  admitted: Admitted<Deps>,
  recalled: Recalled<Deps>,
): Promise<Answer> {
  if (recalled.type === "answered") return { ...recalled.answer, wiped: true };
  const { asked, deps } = recalled;
  const command = service.commands.get(asked.command);
  const form = command && formOf(command, asked.form);
  // It was kept by an earlier version of the service, minutes ago.
  if (command === undefined || form === undefined)
    return { text: "not-understood", fields: {}, secret: false, wiped: true };
  const found = { form, at: asked.form };
  const spec = { command, found, said: asked.said, secret: false, deps };
  return { ...(await run(service, admitted, spec)), wiped: true };
}

async function run<Deps extends Asking>(
  service: TextService<Deps>,
  admitted: Admitted<Deps>,
  spec: {
    readonly command: Command<Deps>;
    readonly found: Pick<FormHeard<Deps>, "form" | "at">;
    readonly said: Asked["said"];
    readonly secret: boolean;
    readonly deps: Deps;
  },
): Promise<Answer> {
  const { command, found, said, secret, deps } = spec;
  const { form, at } = found;
  const asked = { command: command.name, form: at, said };
  // The grammar has checked each word against the form's own shape.
  const outcome = await form.act(said as never, { ...deps, asked });
  if (isUnreadable(outcome)) {
    const why = { type: "unreadable", word: outcome.word } as const;
    return { ...refusal(service, admitted, command, { why, secret }), command: command.name };
  }
  const mayHold = Object.values(form.shape).some((word) => word.secret) || command.forgiving;
  return answerTo(command, outcome, Boolean(mayHold) && secret);
}

function answerTo<Deps>(
  { name, answers }: Command<Deps>,
  { type, fields = {}, by, then, secrets }: Outcome,
  secret: boolean,
): Answer {
  const text = answers[type];
  if (text === undefined) throw new Error(`${name}: no answer for ${type}`);
  return { text, fields, secret, by, then, secrets, command: name };
}

/** Names the word that was wrong and shows how the command is used. */
function refusal<Deps extends Asking>(
  { words }: TextService<Deps>,
  { language, usage: places }: Admitted<Deps>,
  { name }: Command<Deps>,
  { why, secret }: { why: Exclude<Heard, { readonly type: "heard" }>; secret: boolean },
): Answer {
  const { usage: template = "", words: called = {} } = words.in(language).commands[name] ?? {};
  const usage = fill(template, places);
  if (why.type === "too-many") return { text: "too-many-words", fields: { usage }, secret };
  const word = called[why.word] ?? why.word;
  return { text: `word-${why.type}`, fields: { word, usage }, secret };
}
