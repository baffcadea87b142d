import type { Fields, Language } from "../words/words.ts";
import type { Flow, Json, Option, Question } from "./flow.ts";
import { render } from "./screen.ts";
import type { Hint, Screen } from "./session.ts";

/** One screen that a caller may be shown, and the pages it makes. */
export interface Walked {
  readonly screen: Screen;
  readonly pages: readonly { readonly answer: string; readonly cut: boolean }[];
}

/** How a list is drawn: the number of its first line, and how many lines it has. */
export interface Listed {
  readonly first: number;
  readonly lines: number;
}

/** The longest numbers, and enough lines to run over pages. */
const longest: Listed = { first: 49, lines: 12 };

/**
 * Every screen of every flow in one language: each question, with and without each line of help
 * that it may give, each ending, and the screens of the flow `common`, filled with the same fields.
 * @param fields a value for every place: the longest there may be, or an example.
 */
export function walk(
  flows: readonly Flow<never>[],
  tops: ReadonlySet<string>,
  language: Language,
  fields: Fields,
  listed: Listed = longest,
): readonly Walked[] {
  const screens = [
    ...flows.flatMap((flow) => screensOf(flow, fields, listed)),
    ...commons(language, fields),
  ];
  return screens.map((screen) => ({ screen, pages: pagesOf(screen, tops, language) }));
}

function screensOf(flow: Flow<never>, fields: Fields, listed: Listed): readonly Screen[] {
  const asked = flow.steps
    .filter(({ question }) => question.kind !== "unless")
    .flatMap(({ key: name, question }) => {
      const screen = {
        flow: flow.name,
        name,
        asked: { fields, options: optionsOf(question, fields, listed) },
        end: false,
        pages: question.pages,
      };
      const hints = [...(question.hints ?? []), ...leadingTo(flow, name)];
      return [screen, ...hints.map((hint) => ({ ...screen, hint: { name: hint, fields } }))];
    });
  const stops = flow.steps.flatMap(({ question }) => question.stops ?? []);
  const ends = Object.entries(flow.endings).filter(([, ending]) => "end" in ending);
  return [
    ...asked,
    ...[...stops, ...ends.map(([name]) => name)].map((name) => end(flow.name, name)),
  ];

  function end(of: string, name: string): Screen {
    return { flow: of, name, asked: { fields, options: [] }, end: true };
  }
}

/** Outcomes that lead back to a question, and are said as its hint. */
const leadingTo = (flow: Flow<never>, question: string): readonly string[] =>
  Object.entries(flow.endings).flatMap(([name, ending]) =>
    "again" in ending && ending.again === question ? [name] : [],
  );

function optionsOf(
  { kind, keys }: Question<never, never, Json>,
  fields: Fields,
  { first, lines }: Listed,
): readonly Option[] {
  if (keys !== undefined)
    return Object.entries(keys)
      .map(([word, key]) => ({ key, word, fields, value: word }))
      .sort((a, b) => a.key - b.key);
  if (kind !== "choose") return [];
  return Array.from({ length: lines }, (_, at) => ({ key: first + at, fields, value: at }));
}

/** The engine's own screens: calls end with them, but for the offer to go on. */
const commons = (language: Language, fields: Fields): readonly Screen[] =>
  Object.entries(language.screens["common"] ?? {}).map(([name, { options = {} }]) => {
    const words = Object.keys(options);
    const listed = words.map((word, at) => ({ key: at + 1, word, fields, value: word }));
    return { flow: "common", name, asked: { fields, options: listed }, end: words.length === 0 };
  });

function pagesOf(screen: Screen, tops: ReadonlySet<string>, language: Language): Walked["pages"] {
  const pages = [];
  for (let at = 0; ; at += 1) {
    const shown = render(screen, language, { page: at, home: tops.has(screen.flow) });
    if (shown.page < at) return pages;
    pages.push({ answer: shown.answer, cut: shown.cut });
  }
}

/** `redeem.vendor (not-on-list)`. */
export const nameOf = ({ flow, name, hint }: Screen): string => `${flow}.${name}${hintName(hint)}`;

const hintName = (hint: Hint | undefined): string => (hint === undefined ? "" : ` (${hint.name})`);
