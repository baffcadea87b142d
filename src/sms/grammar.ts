import type { Language } from "../words/words.ts";
import { nearest } from "./nearest.ts";
import { wipe } from "./wipe.ts";

/** One word of a command: how it reads, and how it is meant to look. */
export interface Word<T> {
  /** A single word; several; all that is left in its place; or a number that people space out. */
  readonly takes: "one" | "several" | "rest" | "spaced";
  /** Never to be kept: the answer asks the sender to delete the text. */
  readonly secret?: true;
  /** Shows who texts: where a community's texts carry no PIN it is not said, and read as null. */
  readonly proof?: true;
  /** May be left out. */
  readonly optional?: true;
  /** Undefined when the word cannot be read. */
  readonly read: (text: string) => T | undefined;
}

export type Shape = Readonly<Record<string, Word<unknown>>>;

/** What was said, by word: `several` gives a list, `rest` the words as one. */
export type Said<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends Several<infer T>
    ? readonly T[]
    : S[K] extends Optional<infer T>
      ? T | undefined
      : S[K] extends Word<infer T>
        ? T
        : never;
};

export interface Several<T> extends Word<T> {
  readonly takes: "several";
}

export interface Optional<T> extends Word<T> {
  readonly takes: "one";
  readonly optional: true;
}

/** A word that may be left out, also in the middle: what is said for it is then undefined. */
export const optional = <T>(word: Word<T> & { readonly takes: "one" }): Optional<T> => ({
  ...word,
  optional: true,
});

/** Who an answer is for, where it is another than the phone's first account. */
export interface Reader {
  readonly id: string | null;
  readonly language: string;
}

export interface Outcome {
  readonly type: string;
  readonly fields?: Readonly<Record<string, string | number>>;
  readonly by?: Reader;
  /** Another text's key, said after the answer. */
  readonly then?: string;
  /** Fields that only the reader may see. */
  readonly secrets?: readonly string[];
}

/** A word that only the act could read, such as a number of this country: it cannot be read. */
export interface Unreadable {
  readonly type: "unreadable-word";
  readonly word: string;
}
export const unreadable = (word: string): Unreadable => ({ type: "unreadable-word", word });
export const isUnreadable = (outcome: Outcome | Unreadable): outcome is Unreadable =>
  outcome.type === "unreadable-word";

/** A command as it was read, to be run now or once its word has come. */
export interface Asked {
  readonly command: string;
  /** In which of the command's forms it was said: 0 is its own. */
  readonly form: number;
  readonly said: Readonly<Record<string, unknown>>;
}

/** One way to say a command: the words that follow its keyword, and what they do. */
export interface Form<Deps> {
  readonly shape: Shape;
  readonly act: (said: never, deps: Deps) => Promise<Outcome | Unreadable>;
}

/** A command is a keyword, the words that follow it, and what it does. */
export interface Command<Deps> extends Form<Deps> {
  readonly name: string;
  /** The text that answers each outcome. */
  readonly answers: Readonly<Record<string, string>>;
  /** Other forms, tried first; when none can be read, what is told is of the command's own. */
  readonly others?: readonly Form<Deps>[];
  /**
   * Words that follow and are not wanted are let be, after any keyword or after these alone: "STOP texting
   * me" is a STOP, "end of the month?" is none.
   */
  readonly forgiving?: true | readonly string[];
  /** Said by its very keyword, in a language spoken here: a chat message is not taken for it. */
  readonly exact?: true;
  /** Understood from everybody, also from a phone that is nobody's here. */
  readonly open?: true;
}

type Answers<O extends { readonly type: string }> = {
  readonly [T in Exclude<O["type"], Unreadable["type"]>]: string;
};

/**
 * Makes a command: the types of what was said come from its shape, and every outcome must be given
 * a text that answers it, or this does not compile.
 */
export function command<Deps, S extends Shape, O extends Outcome | Unreadable>(
  name: string,
  shape: S,
  act: (said: Said<S>, deps: Deps) => Promise<O>,
  answers: Answers<O>,
): Command<Deps> {
  const loose = Object.values(shape).filter(isLoose);
  if (loose.length > 1) throw new Error(`${name}: only one word may take several`);
  if (loose.length > 0 && Object.values(shape).some((word) => word.optional))
    throw new Error(`${name}: a word may not be optional beside one that takes several`);
  const numbers = Object.values(shape).findLastIndex(({ takes }) => takes === "spaced") + 1;
  if (
    Object.values(shape)
      .slice(0, numbers)
      .some(({ takes }) => takes !== "spaced")
  )
    throw new Error(`${name}: numbers that people space out come before other words`);
  // The types of the words end here: a list holds commands of different shapes.
  return { name, shape, act: act, answers };
}

/** Adds a form to a command, with its own words and outcomes; what was added first is tried first. */
export function withShort<Deps, S extends Shape, O extends Outcome | Unreadable>(
  long: Command<Deps>,
  shape: S,
  act: (said: Said<S>, deps: Deps) => Promise<O>,
  answers: Answers<O>,
): Command<Deps> {
  const others = [...(long.others ?? []), { shape, act }];
  return { ...long, others, answers: { ...long.answers, ...answers } };
}

export type Heard =
  | { readonly type: "heard"; readonly said: Readonly<Record<string, unknown>> }
  /** The first word that is missing, cannot be read, or is one too many. */
  | { readonly type: "missing" | "unreadable"; readonly word: string }
  | { readonly type: "too-many" };

/** Most words of one text that are looked at. */
const words_max = 100;
/** Most pieces a spaced number is in. */
const pieces_max = 6;

const isLoose = ({ takes }: Word<unknown>): boolean => takes === "several" || takes === "rest";

/** How a number that people space out stands in its country: whole, perhaps whole, or no number. */
export type Standing = "whole" | "perhaps" | undefined;
type Numbers = (typed: string) => Standing;

/**
 * Reads the words after a keyword: the first way to share them out in which every word can be read,
 * an optional word rather there than not. A spaced number is as short as it can be; where it might end at
 * two places and either could be meant, it cannot be read.
 */
export function hear(shape: Shape, words: readonly string[], numbers: Numbers): Heard {
  if (words.length > words_max) return { type: "too-many" };
  const [said, another] = share(Object.entries(shape), words, numbers);
  if (said === undefined) return whatIsWrong(shape, words, numbers);
  if (another === undefined) return { type: "heard", said: Object.fromEntries(said) };
  const [spaced = ""] = Object.keys(shape).filter((name) => shape[name]?.takes === "spaced");
  return { type: "unreadable", word: spaced };
}

/** As `hear`, of words among which there is no PIN: what shows who texts comes apart. */
export function hearUnproven(shape: Shape, words: readonly string[], numbers: Numbers): Heard {
  const entries = Object.entries(shape);
  const heard = hear(Object.fromEntries(entries.filter(([, { proof }]) => !proof)), words, numbers);
  if (heard.type !== "heard") return heard;
  const unsaid = entries.flatMap(([name, { proof }]) => (proof ? [[name, null] as const] : []));
  return { type: "heard", said: { ...heard.said, ...Object.fromEntries(unsaid) } };
}

/** Whether one of the words shows who texts. */
export const wantsProof = (shape: Shape): boolean =>
  Object.values(shape).some(({ proof }) => proof === true);

type Entries = readonly (readonly [name: string, word: Word<unknown>])[];
type Share = readonly (readonly [string, unknown])[];

/** The ways to share the words out: one, but for numbers that might end at two places. */
function share(entries: Entries, words: readonly string[], numbers: Numbers): readonly Share[] {
  const [first, ...rest] = entries;
  if (first === undefined) return words.length === 0 ? [[]] : [];
  const [name, word] = first;
  const found: Share[] = [];
  for (const taken of lengthsOf(word, words, numbers)) {
    const value = taken === 0 ? undefined : readWord(word, words.slice(0, taken));
    const others = taken > 0 && value === undefined ? [] : share(rest, words.slice(taken), numbers);
    found.push(...others.map((other): Share => [[name, value], ...other]));
    // A number that is whole further on does not end before, though it might.
    if (found.length > 0 !== (word.takes === "spaced")) break;
  }
  return found;
}

/** How many words this one may take of those left, what is likelier first. */
function lengthsOf(
  word: Word<unknown>,
  left: readonly string[],
  numbers: Numbers,
): readonly number[] {
  const upTo = (most: number): number[] =>
    Array.from({ length: Math.min(left.length, most) }, (_, at) => at + 1);
  switch (word.takes) {
    case "one":
      return word.optional ? [...upTo(1), 0] : upTo(1);
    case "spaced":
      return endsOf(word, left, numbers)
        .map(({ taken }) => taken)
        .reverse();
    case "several":
    case "rest":
      return upTo(words_max);
  }
}

/**
 * Where a spaced number may end: where it is whole first, and before that where it is perhaps; where it
 * never is whole, at the first place alone.
 */
function endsOf(
  word: Word<unknown>,
  words: readonly string[],
  numbers: Numbers,
): readonly { readonly taken: number; readonly standing: Standing }[] {
  const ends = Array.from({ length: Math.min(words.length, pieces_max) }, (_, at) => {
    const typed = words.slice(0, at + 1).join(" ");
    return {
      taken: at + 1,
      standing: word.read(typed) === undefined ? undefined : numbers(typed),
    };
  }).filter(({ standing }) => standing !== undefined);
  const whole = ends.findIndex(({ standing }) => standing === "whole");
  return ends.slice(0, whole === -1 ? 1 : whole + 1);
}

/** Names what is wrong with words that cannot be shared out, from the left. */
function whatIsWrong(shape: Shape, words: readonly string[], numbers: Numbers): Heard {
  const entries = Object.entries(shape);
  const spaced = entries.filter(([, { takes }]) => takes === "spaced");
  const others = entries.slice(spaced.length);
  let left = words;
  for (const [at, [name, word]] of spaced.entries()) {
    if (left.length === 0) return { type: "missing", word: name };
    const end = endsOf(word, left, numbers).at(-1);
    const after = [...spaced.slice(at + 1), ...others].filter(([, { optional }]) => !optional);
    // What might be a number may be what was meant to follow one: SEND 0711 25 2580.
    const eatsAll = end?.taken === left.length && end.standing === "perhaps";
    if (end === undefined || (eatsAll && areThere(after, left)))
      return { type: "unreadable", word: name };
    left = left.slice(end.taken);
  }
  return whatElseIsWrong(others, left);
}

/** Whether words can be read at the end of a text. */
const areThere = (entries: Entries, words: readonly string[]): boolean =>
  entries.length > 0 &&
  entries.every(
    ([, word], back) => word.read(words[words.length - entries.length + back] ?? "") !== undefined,
  );

function whatElseIsWrong(whole: Entries, words: readonly string[]): Heard {
  const entries = asManyAs(words.length, whole);
  const loose = entries.findIndex(([, word]) => isLoose(word));
  const after = loose === -1 ? [] : entries.slice(loose + 1);
  // Where words run short, the loose one is missing only if those after it are all there.
  const least_taken = after.length === 0 || areThere(after, words) ? 0 : 1;
  let at = 0;
  for (const [index, [name, word]] of entries.entries()) {
    const end = index === loose ? Math.max(at + least_taken, words.length - after.length) : at + 1;
    const taken = words.slice(at, end);
    if (taken.length === 0) return { type: "missing", word: name };
    if (readWord(word, taken) === undefined)
      // One that need not be there is not missed among words that are more than enough.
      return word.optional && loose === -1 && words.length > entries.length
        ? { type: "too-many" }
        : { type: "unreadable", word: name };
    at = end;
  }
  return { type: "too-many" };
}

/** Without the last of those that may be left out, where there are fewer words than places. */
function asManyAs(count: number, entries: Entries): Entries {
  const spare = Math.max(0, entries.length - count);
  const left_out = entries
    .filter(([, word]) => word.optional)
    .toReversed()
    .slice(0, spare);
  return entries.filter((entry) => !left_out.includes(entry));
}

function readWord(word: Word<unknown>, taken: readonly string[]): unknown {
  if (word.takes !== "several") return word.read(taken.join(" "));
  const values = taken.map((text) => word.read(text));
  return values.includes(undefined) ? undefined : values;
}

/**
 * The words of a text: extra spaces and the punctuation around words are forgiven, but for what may belong
 * to a number: nobody who asks for less than nothing gets more, nor is .25 ever 25, or 2,500 two numbers.
 */
export function wordsOf(text: string): readonly string[] {
  return text
    .normalize("NFKC")
    .split(/[\s;]+/u)
    .flatMap((piece) => (isOneFigure(piece) ? [piece] : piece.split(",")))
    .map((word) => word.replaceAll(around, ""))
    .filter((word) => word !== "");
}

const isOneFigure = (piece: string): boolean => !/\p{L}/u.test(piece) && /\p{N},\p{N}/u.test(piece);

/** Punctuation before a word, but a minus, a dash or a point before a figure; and after it. */
const around = /^(?![-.\u2212\u2013]\p{N})[^\p{L}\p{N}+]+|[^\p{L}\p{M}\p{N}]+$/gu;

/** The command a keyword stands for, in any of the languages given. */
export function commandNamed(languages: readonly Language[], keyword: string): string | undefined {
  const said = keyword.toLocaleUpperCase();
  for (const { commands } of languages)
    for (const [name, { keywords }] of Object.entries(commands))
      if (keywords.includes(said)) return name;
  return undefined;
}

/** Shorter keywords are too like each other, and like any other word, to be guessed at. */
const guessed_length_min = 4;

/**
 * The one command whose keyword is one slip of the thumb away, in these languages; undefined where
 * there is none, or a second.
 */
export function commandLike(languages: readonly Language[], keyword: string): string | undefined {
  const known = languages.flatMap(({ commands }) =>
    Object.entries(commands).flatMap(([name, { keywords }]) =>
      keywords.map((word) => ({ word, of: name })),
    ),
  );
  return nearest(keyword.toLocaleUpperCase(), known, guessed_length_min);
}

/** A claim's code, however it was typed: `k7q2`. */
export const claimCode = (text: string): string | undefined =>
  /^[a-z][a-z0-9]{3}$/i.test(text) ? text.toUpperCase() : undefined;

/** A receipt's code, `SC7K2Q9P`, in any case. */
export const receiptWord: Word<string> = {
  takes: "one",
  read: (text) => (/^s[0-9a-z]{7}$/i.test(text) ? text.toUpperCase() : undefined),
};

/** A proposal's code, of the form of a claim's. */
export const proposalWord: Word<string> & { readonly takes: "one" } = {
  takes: "one",
  read: claimCode,
};

/** Four digits of a PIN, never guessed at. */
export const pinDigits: Word<string> = {
  takes: "one",
  secret: true,
  read: (text) => (/^\d{4}$/.test(text) ? text : undefined),
};

/** What shows who texts: their PIN; null where the community's texts carry none. */
export type Proof = string | null;

export const pinWord: Word<Proof> = { ...pinDigits, proof: true };

export const phrase: Word<string> = {
  takes: "rest",
  read: (text) => (text.length <= 100 ? wipe(text) : undefined),
};

/** A whole number above nothing, in digits alone: never guessed at. */
export const number: Word<number> & { readonly takes: "one" } = {
  takes: "one",
  read: (text) => (/^0*[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined),
};

/** So many digits, of a code or a key. */
export const digits = (length: number): Word<string> => ({
  takes: "one",
  read: (text) => (text.length === length && /^\d+$/.test(text) ? text : undefined),
});

/** A menu's word, which has a letter, or the number before it in the list. */
export const menuWord: Word<string> & { readonly takes: "one" } = {
  takes: "one",
  read: (text) =>
    /^(?:\d{1,2}|(?=.*\p{L})[\p{L}\p{M}\p{N}-]{2,13})$/u.test(text)
      ? text.toUpperCase()
      : undefined,
};

/** A first name, which has no digit in it. */
export const nameWord: Word<string> & { readonly takes: "one" } = {
  takes: "one",
  read: (text) => (/^\p{L}[\p{L}\p{M}'’.-]{0,39}$/u.test(text) ? text : undefined),
};

/** The least digits of a number with and without its country's code: people space it out. */
const digits_min = { national: 9, plus: 11, zeros: 13 };
const digits_max = 15;

/** A phone number, `0711 000 102` or `+254711000102`; its country says whether it can be one. */
export const phoneWord: Word<string> = {
  takes: "spaced",
  read: (text) => {
    if (!/^\+?\d[\d ./()-]*$/.test(text)) return undefined;
    const { length } = text.replaceAll(/\D/g, "");
    const written = text.startsWith("+") ? "plus" : text.startsWith("00") ? "zeros" : "national";
    return length >= digits_min[written] && length <= digits_max ? text : undefined;
  },
};
