import type { Language } from "../words/words.ts";
import type { Command } from "./grammar.ts";

/** Texts that answer a text which is no command, or one that cannot be read. */
const common = [
  "not-understood",
  "members-only",
  "word-missing",
  "word-unreadable",
  "too-many-words",
  "word.no-pin",
  "delete-your-text",
  "delete-it",
];

/**
 * What a language lacks of what the commands may answer.
 * @param more further texts that are sent.
 */
export function missingTexts<Deps>(
  commands: ReadonlyMap<string, Command<Deps>>,
  more: readonly string[],
  language: Language,
): readonly string[] {
  const answers = [...commands.values()].flatMap((command) => Object.values(command.answers));
  const texts = new Set([...common, ...more, ...answers]);
  const named = [...commands.values()].flatMap(({ name, shape, others = [] }) => {
    const found = language.commands[name];
    if (found === undefined) return [`commands.${name}`];
    const wanted = new Set([{ shape }, ...others].flatMap(({ shape }) => Object.keys(shape)));
    const words = [...wanted].filter((word) => !(word in found.words));
    return words.map((word) => `commands.${name}.words.${word}`);
  });
  return [
    ...named,
    ...[...texts].filter((key) => !(key in language.texts)).map((k) => `texts.${k}`),
  ];
}
