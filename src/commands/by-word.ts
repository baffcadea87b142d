import assert from "node:assert/strict";
import type { Account } from "../domain/callers.ts";
import { readOneTimeWord } from "../domain/codes.ts";
import {
  keepForWord,
  rehearsed,
  takeWord,
  whyNoWord,
  word_minutes,
} from "../domain/one-time-words.ts";
import type { PinVerdict } from "../domain/pins.ts";
import { wordsOf, type Outcome } from "../sms/grammar.ts";
import type { Answer, Recalled, Spoken } from "../sms/inbound.ts";
import type { By, Refused, Texter } from "./texter.ts";

/** What would be done, and the word it waits for. */
export interface Asks extends Outcome {
  readonly type: "asks";
  readonly then: "word.asked";
}

/** Texts that are said of words, besides the answers of commands. */
export const wordTexts = ["word.asked", "word.none-waits", "word.wrong"];

/** Why the PIN that was tried does not do, as it is told. */
export function refusedBy(verdict: Exclude<PinVerdict, { type: "right" }>): Refused {
  switch (verdict.type) {
    case "wrong":
      return { type: "wrong-pin", fields: { tries: verdict.tries_left } };
    case "locked":
      return { type: "pin-locked", fields: { minutes: verdict.minutes } };
    case "blocked":
      return { type: "pin-blocked" };
  }
}

/**
 * Where texts carry no PIN: does what was asked once its word has come, and before that finds what it
 * would come to, keeps it, and sends the word to the account's phone.
 * @param spec.doing the outcomes that wait for the word; where it is not said, nothing is tried before.
 */
export async function byWord<O extends Outcome>(
  texter: Texter,
  { account, doing }: { account: Account; doing: readonly string[] | undefined },
  act: (account: Account) => Promise<O>,
): Promise<By<O> | By<Asks> | Refused> {
  const { phone, proven_id, asked } = texter;
  if (proven_id === account.id) return { ...(await act(account)), by: account };
  const closed = await whyNoWord(texter, account);
  if (closed !== undefined) return refusedBy(closed);
  const isDone = ({ type }: Outcome): boolean => doing?.includes(type) === true;
  const outcome = doing && (await rehearsed(texter, () => act(account), isDone));
  if (outcome !== undefined && !isDone(outcome)) return { ...outcome, by: account };
  assert(asked !== undefined, "a command knows how it was asked for");
  const word = await keepForWord(texter, { member: account, phone }, asked);
  return {
    type: "asks",
    fields: { ...outcome?.fields, word, minutes: word_minutes },
    then: "word.asked",
    secrets: ["word"],
    by: account,
  };
}

/**
 * Hears a one-time word: by itself, after the keyword of OK, `YES MANGO47`, or in the words of the text
 * that asks for it, `answer MANGO47`. Another command's text is never a word, whatever stands in it.
 */
export async function recall(texter: Texter, text: Spoken): Promise<Recalled<Texter> | undefined> {
  const word = wordIn(texter, text);
  if (word === undefined) return undefined;
  const { accounts: members, phone } = texter;
  const taken = await takeWord(texter, { members, phone, word });
  switch (taken.type) {
    case "right": {
      const deps = { ...texter, proven_id: taken.member.id };
      return { type: "recalled", asked: taken.waiting, deps };
    }
    case "none-waits":
      return answered("word.none-waits");
    case "wrong":
      return answered("word.wrong", { tries: taken.tries_left });
    case "locked":
      return answered("pin-locked", { minutes: taken.minutes });
    case "blocked":
      return answered("pin-blocked");
  }
}

/**
 * The one-time word of a text. Beside other words than those that ask for it, it is spoken of rather than
 * said: "what is MANGO47?" does nothing.
 */
function wordIn(texter: Texter, { command, words }: Spoken): string | undefined {
  if (command !== undefined && command !== "ok") return undefined;
  const said = command === "ok" ? words.slice(1) : words;
  for (const [at] of said.entries())
    for (const pieces of [1, 2]) {
      const word = readOneTimeWord(said.slice(at, at + pieces).join(""));
      if (word === undefined) continue;
      const others = said.toSpliced(at, pieces);
      const asking = others.length === 0 ? new Set() : wordsThatAsk(texter);
      if (others.every((other) => asking.has(other.toLocaleUpperCase()))) return word;
    }
  return undefined;
}

/** The words of the sentence that asks for a word, in every language spoken here. */
function wordsThatAsk({ say, language, community }: Texter): ReadonlySet<string> {
  const fields = { word: "", minutes: word_minutes };
  const sentences = [language, ...community.languages].map((spoken) => {
    const [sentence = ""] = say(spoken, ["word.asked"], fields).text.split(". ");
    return sentence.toLocaleUpperCase();
  });
  return new Set(sentences.flatMap(wordsOf));
}

const answered = (text: string, fields: Answer["fields"] = {}): Recalled<Texter> => ({
  type: "answered",
  answer: { text, fields, secret: false },
});
