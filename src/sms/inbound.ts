import type { Kysely } from "kysely";
import type { Writer } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import type { DB } from "../db/types.ts";
import type { PlainFields, Words } from "../words/words.ts";
import { commandNamed, hear, wordsOf, type Command } from "./grammar.ts";
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
  readonly member_id: string;
  readonly language: string;
  readonly deps: Deps;
}

/** What answers a text: the key of its words, and whether the sender should delete theirs. */
export interface Answer {
  readonly text: string;
  readonly fields: PlainFields;
  readonly secret: boolean;
}

/** What is told of the service whose commands these are. */
export interface TextService<Deps> {
  readonly db: Kysely<DB>;
  readonly words: Words;
  readonly commands: ReadonlyMap<string, Command<Deps>>;
  readonly now: () => Date;
  /** Undefined turns the sender away, with nothing written. */
  readonly admit: (trx: Writer, inbound: Inbound) => Promise<Admitted<Deps> | undefined>;
  readonly answer: (deps: Deps, answer: Answer) => Promise<void>;
}

/**
 * Takes one text in one transaction: its act, its answer and the note that it was taken are kept
 * together or not at all. Delivered again, also at the same moment, it has no second effect.
 * @throws CommitUnknown, or a fault with nothing done: the gateway will deliver it again.
 */
export async function takeText<Deps>(
  service: TextService<Deps>,
  inbound: Inbound,
): Promise<"answered" | "repeated" | "turned-away"> {
  return await inTransaction(service.db, async (trx) => {
    const admitted = await service.admit(trx, inbound);
    if (admitted === undefined) return "turned-away";
    const { community_id, member_id, deps } = admitted;
    const key = { community_id, gateway_id: inbound.gateway_id };
    const first = await trx
      .insertInto("inbound_message")
      .values({
        ...key,
        member_id,
        text: wipe(inbound.text).slice(0, 1000),
        outcome: "taken",
        received_at: service.now(),
      })
      // Waits for the same text being taken elsewhere, and then finds it here.
      .onConflict((conflict) => conflict.doNothing())
      .returning("gateway_id")
      .executeTakeFirst();
    if (first === undefined) return "repeated";

    const answer = await obey(service, admitted, inbound.text);
    await service.answer(deps, answer);
    await trx
      .updateTable("inbound_message")
      .set({ outcome: answer.text })
      .where("community_id", "=", community_id)
      .where("gateway_id", "=", key.gateway_id)
      .execute();
    return "answered";
  });
}

/** Finds the command, reads its words and runs it; a refusal names the word and the usage. */
async function obey<Deps>(
  { commands, words }: TextService<Deps>,
  { language, deps }: Admitted<Deps>,
  text: string,
): Promise<Answer> {
  const [keyword = "", ...rest] = wordsOf(text);
  const own = words.in(language);
  const name = commandNamed([own, ...words.languages.values()], keyword);
  const command = name === undefined ? undefined : commands.get(name);
  const looksSecret = /\p{Nd}{4}/u.test(text);
  if (command === undefined) return { text: "not-understood", fields: {}, secret: looksSecret };

  const heard = hear(command.shape, command.forgiving ? [] : rest);
  const { usage = "", words: called = {} } = own.commands[command.name] ?? {};
  if (heard.type === "too-many")
    return { text: "too-many-words", fields: { usage }, secret: looksSecret };
  if (heard.type !== "heard") {
    const word = called[heard.word] ?? heard.word;
    return { text: `word-${heard.type}`, fields: { word, usage }, secret: looksSecret };
  }
  const secret =
    Object.values(command.shape).some((word) => word.secret) || (command.forgiving && looksSecret);
  // The grammar has just checked each word against the command's own shape.
  const { type, fields = {} } = await command.act(heard.said as never, deps);
  const answer = command.answers[type];
  if (answer === undefined) throw new Error(`${command.name}: no answer for ${type}`);
  return { text: answer, fields, secret: secret === true };
}
