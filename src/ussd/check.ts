import type { Language } from "../words/words.ts";
import type { Flow } from "./flow.ts";

/** Screens of the flow `common` and hints that the engine itself uses. */
const common = [
  ...["pin-locked", "pin-blocked", "not-yours", "lost"],
  ...["too-long", "too-many-calls", "no-such-code"],
];
const hints = ["not-on-list", "started-again"];
const offer: Wanted = { flow: "common", name: "broken-off", words: ["continue", "again"] };

/**
 * What a language lacks of what the flows may show. All languages are known to have the same keys,
 * so one is enough.
 * @param more further screens of the flow `common`, and parts of sentences.
 */
export function missingScreens(
  flows: readonly Flow<never>[],
  more: { readonly ends: readonly string[]; readonly phrases: readonly string[] },
  language: Language,
): readonly string[] {
  const shown = flows.flatMap(screensOf);
  const ends = [...common, ...more.ends].map((name) => ({ flow: "common", name }));
  const wanted = [...shown, offer, ...ends];
  const screens = wanted.flatMap(({ flow, name, words = [] }: Wanted) => {
    const found = language.screens[flow]?.[name];
    if (found === undefined) return [`screens.${flow}.${name}`];
    const lacking = words.filter((word) => found.options?.[word] === undefined);
    return lacking.map((word) => `screens.${flow}.${name}.options.${word}`);
  });
  const said = [...hints, ...flows.flatMap(hintsOf)];
  return [
    ...screens,
    ...said.filter((name) => !(name in language.hints)).map((name) => `hints.${name}`),
    ...more.phrases.filter((name) => !(name in language.phrases)).map((name) => `phrases.${name}`),
  ];
}

interface Wanted {
  readonly flow: string;
  readonly name: string;
  readonly words?: readonly string[] | undefined;
}

function screensOf({ name: flow, steps, endings }: Flow<never>): readonly Wanted[] {
  const questions = steps
    // Settled, or the end of the call: it has no screen of its own.
    .filter(({ question }) => question.kind !== "unless")
    .map(({ key, question }) => ({ flow, name: key, words: Object.keys(question.keys ?? {}) }));
  const stops = steps.flatMap(({ question }) => question.stops ?? []);
  const ends = Object.entries(endings).filter(([, ending]) => "end" in ending);
  return [
    ...questions,
    ...[...stops, ...ends.map(([name]) => name)].map((name) => ({ flow, name })),
  ];
}

/** What questions may hint at, and outcomes that lead back to a question, which are hints too. */
const hintsOf = ({ steps, endings }: Flow<never>): readonly string[] => [
  ...steps.flatMap(({ question }) => question.hints ?? []),
  ...Object.entries(endings).flatMap(([name, ending]) => ("again" in ending ? [name] : [])),
];
