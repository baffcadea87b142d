import type { Language } from "../words/words.ts";
import type { Flow } from "./flow.ts";
import type { Flows } from "./session.ts";

/** Screens of the flow `common` and hints that the engine and its questions use. */
const common = ["pin-locked", "not-yours", "lost", "too-long"];
const hints = [
  "not-on-list",
  "not-a-count",
  "press-one",
  "not-a-pin",
  "wrong-pin",
  "started-again",
];

/**
 * What a language lacks of what the flows may show. All languages are known to have the same keys,
 * so one is enough.
 * @param more further screens of the flow `common`.
 */
export function missingScreens<Deps>(
  flows: Flows<Deps>,
  more: readonly string[],
  language: Language,
): readonly string[] {
  const shown = [...flows.all.values()].flatMap((flow) => screensOf(flow));
  const wanted = [...shown, ...[...common, ...more].map((name) => ({ flow: "common", name }))];
  const screens = wanted.flatMap(({ flow, name, words = [] }: Wanted) => {
    const found = language.screens[flow]?.[name];
    if (found === undefined) return [`screens.${flow}.${name}`];
    const lacking = words.filter((word) => found.options?.[word] === undefined);
    return lacking.map((word) => `screens.${flow}.${name}.options.${word}`);
  });
  const said = [...hints, ...[...flows.all.values()].flatMap(hintsOf)];
  return [...screens, ...said.filter((hint) => !(hint in language.hints)).map((h) => `hints.${h}`)];
}

interface Wanted {
  readonly flow: string;
  readonly name: string;
  readonly words?: readonly string[] | undefined;
}

function screensOf<Deps>({ name: flow, steps, endings }: Flow<Deps>): readonly Wanted[] {
  const questions = steps.map(({ key, question }) => ({ flow, name: key, words: question.words }));
  const ends = Object.entries(endings).filter(([, ending]) => "end" in ending);
  return [...questions, ...ends.map(([name]) => ({ flow, name }))];
}

/** Outcomes that lead back to a question are said as its hint. */
const hintsOf = <Deps>({ endings }: Flow<Deps>): readonly string[] =>
  Object.entries(endings).flatMap(([name, ending]) => ("again" in ending ? [name] : []));
