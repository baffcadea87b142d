import type { Words } from "../words/words.ts";
import { commandLike, commandNamed, type Command } from "./grammar.ts";

interface Known<Deps> {
  readonly words: Words;
  readonly commands: ReadonlyMap<string, Command<Deps>>;
}

export interface SpokenHere {
  /** The sender's. */
  readonly language: string;
  /** Those spoken in the community besides. */
  readonly languages: readonly string[];
}

/** The command that a keyword is the very keyword of, in a language spoken here before any other. */
export const commandSaid = (
  { words }: { readonly words: Words },
  { language, languages }: SpokenHere,
  keyword: string,
): string | undefined =>
  commandNamed(
    [...[language, ...languages].map((code) => words.in(code)), ...words.languages.values()],
    keyword,
  );

/**
 * The command a keyword names in any language, or nearly names in one that is spoken here. One that is
 * `exact` is never nearly named, nor named in a language that is not spoken here.
 */
export function commandMeant<Deps>(
  { words, commands }: Known<Deps>,
  { language, languages }: SpokenHere,
  keyword: string,
): Command<Deps> | undefined {
  const spoken = [language, ...languages].map((code) => words.in(code));
  const named = commandNamed(spoken, keyword);
  if (named !== undefined) return commands.get(named);
  const near = commandNamed([...words.languages.values()], keyword) ?? commandLike(spoken, keyword);
  const command = near === undefined ? undefined : commands.get(near);
  return command?.exact ? undefined : command;
}

/** The words after a keyword that its command looks at: what is let be does not count. */
export function wordsLookedAt<Deps>(
  { forgiving }: Command<Deps>,
  keyword: string,
  rest: readonly string[],
): readonly string[] {
  const letsBe = Array.isArray(forgiving)
    ? forgiving.includes(keyword.toLocaleUpperCase())
    : forgiving === true;
  return letsBe ? [] : rest;
}
