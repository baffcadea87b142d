import { fill, spoken, type Fields, type Language, type ScreenWords } from "../words/words.ts";
import { fitsScreen } from "../words/measure.ts";
import type { Option } from "./flow.ts";
import type { Screen } from "./session.ts";

/** Where the caller stands, for the lines at the foot of a screen. */
export interface Place {
  /** Which page to show, from 0; beyond the last shows the last. */
  readonly page: number;
  /** At home there is nowhere to go back to. */
  readonly home: boolean;
}

export interface Rendered {
  /** What is sent to the gateway, `CON ` or `END ` included. */
  readonly answer: string;
  /** The page really shown. */
  readonly page: number;
  /** Whether it was too long even so, and lost its end. */
  readonly cut: boolean;
}

/**
 * Puts a screen into words. A page never splits an option, numbers run on from page to page, and
 * every page is within the budget of the strictest network.
 */
export function render(screen: Screen, language: Language, place: Place): Rendered {
  const words = wordsOf(language, screen.flow, screen.name);
  const [whole, short] = headsOf(screen, words, language);
  if (screen.end) return { ...clip("END ", [whole], []), page: 0 };
  const foot = place.home ? [] : [`${language.nav.back} ${language.nav.main}`];
  const footOf = (last: boolean) => [...(last ? [] : [language.nav.more]), ...foot];
  const lines = screen.asked.options.map((option) => lineOf(option, words, language));
  const leavesRoom = lines.every((line) => fitsScreen(join("CON ", [whole, line], footOf(false))));
  const head = leavesRoom ? whole : short;
  // A list keeps its title on every page; a text that may run on is its own list, of words.
  const pages =
    lines.length === 0 && screen.pages
      ? paginate(head.split(/(?<=\s)/), (shown, last) =>
          join("CON ", [shown.join("").trim()], footOf(last)),
        ).map((shown) => [shown.join("").trim()])
      : paginate(lines, (shown, last) => join("CON ", [head, ...shown], footOf(last))).map(
          (shown) => [head, ...shown],
        );
  const page = Math.min(place.page, pages.length - 1);
  return { ...clip("CON ", pages[page] ?? [], footOf(page === pages.length - 1)), page };
}

/** @throws when a screen has no words: the start-up check finds it first. */
export function wordsOf(language: Language, flow: string, name: string): ScreenWords {
  const words = language.screens[flow]?.[name];
  if (words === undefined) throw new Error(`no words for ${flow}.${name} in ${language.code}`);
  return words;
}

/**
 * What stands above the options: the title, below its line of help where there is one; and the line
 * of help alone, for a list that was just shown and has no room for both.
 */
function headsOf(
  { hint, asked }: Screen,
  words: ScreenWords,
  language: Language,
): readonly [string, string] {
  const empty = asked.options.length === 0 ? words.empty : undefined;
  const title = fill(empty ?? words.title, spoken(language, asked.fields));
  if (hint === undefined) return [title, title];
  const help = hintOf(language, hint.name, hint.fields);
  return [`${help}\n${title}`, help];
}

function hintOf(language: Language, name: string, fields: Fields): string {
  const hint = language.hints[name];
  if (hint === undefined) throw new Error(`no hint "${name}" in ${language.code}`);
  return fill(hint, spoken(language, fields));
}

function lineOf({ key, word, fields }: Option, words: ScreenWords, language: Language): string {
  const text = word === undefined ? (words.line ?? "{name}") : words.options?.[word];
  if (text === undefined) throw new Error(`no words for option "${word ?? ""}"`);
  return `${key}. ${fill(text, spoken(language, fields))}`;
}

/** Fills each page with as many lines as go, counting the foot that page will have. */
function paginate(
  lines: readonly string[],
  draw: (shown: readonly string[], last: boolean) => string,
): readonly (readonly string[])[] {
  const pages: string[][] = [];
  let rest = [...lines];
  while (!fitsScreen(draw(rest, true)) && rest.length > 1) {
    let size = 1;
    while (size < rest.length - 1 && fitsScreen(draw(rest.slice(0, size + 1), false))) size += 1;
    pages.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return [...pages, rest];
}

const join = (prefix: string, body: readonly string[], foot: readonly string[]): string =>
  prefix + [...body, ...foot].join("\n");

/**
 * A screen that is too long even so is cut before its foot rather than by the network. The check of
 * all screens keeps this from happening; a name that nobody foresaw must not lose the call.
 */
function clip(
  prefix: string,
  body: readonly string[],
  foot: readonly string[],
): { answer: string; cut: boolean } {
  const whole = join(prefix, body, foot);
  if (fitsScreen(whole)) return { answer: whole, cut: false };
  // Whole letters: a Tamil one may be of several characters.
  const letters = [...new Intl.Segmenter().segment(body.join("\n"))].map(({ segment }) => segment);
  let size = letters.length;
  const cut = (): string => join(prefix, [`${letters.slice(0, size).join("")}..`], foot);
  while (size > 0 && !fitsScreen(cut())) size -= 1;
  return { answer: cut(), cut: true };
}
