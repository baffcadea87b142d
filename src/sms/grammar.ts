import type { Language } from "../words/words.ts";
import { wipe } from "./wipe.ts";

/** One word of a command: how it reads, and how it is meant to look. */
export interface Word<T> {
  /** Takes a single word, several, or all that is left in its place. */
  readonly takes: "one" | "several" | "rest";
  /** Never to be kept: the answer asks the sender to delete the text. */
  readonly secret?: true;
  /** Undefined when the word cannot be read. */
  readonly read: (text: string) => T | undefined;
}

type Shape = Readonly<Record<string, Word<unknown>>>;

/** What was said, by word: `several` gives a list, `rest` the words as one. */
export type Said<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends Several<infer T>
    ? readonly T[]
    : S[K] extends Word<infer T>
      ? T
      : never;
};

export interface Several<T> extends Word<T> {
  readonly takes: "several";
}

export interface Outcome {
  readonly type: string;
  readonly fields?: Readonly<Record<string, string | number>>;
}

/** A command is a keyword, the words that follow it, and what it does. */
export interface Command<Deps> {
  readonly name: string;
  readonly shape: Shape;
  readonly act: (said: never, deps: Deps) => Promise<Outcome>;
  /** The text that answers each outcome. */
  readonly answers: Readonly<Record<string, string>>;
  /** Words that follow and are not wanted are let be: "STOP texting me" is a STOP. */
  readonly forgiving?: true;
}

/**
 * Makes a command: the types of what was said come from its shape, and every outcome must be given
 * a text that answers it, or this does not compile.
 */
export function command<Deps, S extends Shape, O extends Outcome>(
  name: string,
  shape: S,
  act: (said: Said<S>, deps: Deps) => Promise<O>,
  answers: { readonly [T in O["type"]]: string },
): Command<Deps> {
  const places = Object.values(shape).filter(({ takes }) => takes !== "one");
  if (places.length > 1) throw new Error(`${name}: only one word may take several`);
  // The types of the words end here: a list holds commands of different shapes.
  return { name, shape, act: act, answers };
}

export type Heard =
  | { readonly type: "heard"; readonly said: Readonly<Record<string, unknown>> }
  /** The first word that is missing, cannot be read, or is one too many. */
  | { readonly type: "missing" | "unreadable"; readonly word: string }
  | { readonly type: "too-many" };

/** Reads the words after a keyword. A word that takes several stands between fixed ones. */
export function hear(shape: Shape, words: readonly string[]): Heard {
  const said: Record<string, unknown> = {};
  const entries = Object.entries(shape);
  const loose = entries.findIndex(([, { takes }]) => takes !== "one");
  const after = loose === -1 ? 0 : entries.length - 1 - loose;
  // Where words run short, the loose one is missing only if those after it are all there.
  const afterIsThere = entries
    .slice(entries.length - after)
    .every(([, word], back) => word.read(words[words.length - after + back] ?? "") !== undefined);
  let at = 0;
  for (const [index, [name, word]] of entries.entries()) {
    const least = at + (afterIsThere ? 0 : 1);
    const end = index === loose ? Math.max(least, words.length - after) : at + 1;
    const taken = words.slice(at, end);
    if (taken.length === 0) return { type: "missing", word: name };
    const value = readWord(word, taken);
    if (value === undefined) return { type: "unreadable", word: name };
    said[name] = value;
    at = end;
  }
  return at < words.length ? { type: "too-many" } : { type: "heard", said };
}

function readWord(word: Word<unknown>, taken: readonly string[]): unknown {
  if (word.takes !== "several") return word.read(taken.join(" "));
  const values = taken.map((text) => word.read(text));
  return values.includes(undefined) ? undefined : values;
}

/** The words of a text: extra spaces and the punctuation around words are forgiven. */
export function wordsOf(text: string): readonly string[] {
  return text
    .normalize("NFKC")
    .split(/[\s,;]+/u)
    .map((word) => word.replaceAll(/^[^\p{L}\p{N}+]+|[^\p{L}\p{M}\p{N}]+$/gu, ""))
    .filter((word) => word !== "");
}

/** The command a keyword stands for, in any of the languages given. */
export function commandNamed(languages: readonly Language[], keyword: string): string | undefined {
  const said = keyword.toLocaleUpperCase();
  for (const { commands } of languages)
    for (const [name, { keywords }] of Object.entries(commands))
      if (keywords.includes(said)) return name;
  return undefined;
}

/** A claim's code, however it was typed: `k7q2`. */
export const claimCode = (text: string): string | undefined =>
  /^[a-z][a-z0-9]{3}$/i.test(text) ? text.toUpperCase() : undefined;

export const oneClaim: Word<string> = { takes: "one", read: claimCode };
export const claims: Several<string> = { takes: "several", read: claimCode };

/** Four digits, never guessed at. */
export const pinWord: Word<string> = {
  takes: "one",
  secret: true,
  read: (text) => (/^\d{4}$/.test(text) ? text : undefined),
};

export const phrase: Word<string> = {
  takes: "rest",
  read: (text) => (text.length <= 100 ? wipe(text) : undefined),
};
