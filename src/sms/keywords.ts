import { fill, type PlainFields, type Words } from "../words/words.ts";
import { commandLike, commandNamed } from "./grammar.ts";

/** What commands are called, for a command that tells of others. */
export interface Keywords {
  /** The command that a keyword stands for in any language, or nearly stands for in these. */
  readonly named: (languages: readonly string[], keyword: string) => string | undefined;
  /** `OK`: the keyword of a command as it is shown in a language. */
  readonly shown: (language: string, command: string) => string;
  /** How a command is used, its places filled, and what it does in a few words. */
  readonly told: (
    language: string,
    command: string,
    places: PlainFields,
  ) => { readonly usage: string; readonly does: string };
}

export const keywordsIn = (words: Words): Keywords => ({
  named: (languages, keyword) => {
    const spoken = languages.map((code) => words.in(code));
    const known = commandNamed([...spoken, ...words.languages.values()], keyword);
    return known ?? commandLike(spoken, keyword);
  },
  shown: (language, command) => words.in(language).commands[command]?.keywords[0] ?? "",
  told: (language, command, places) => {
    const { usage = "", does = "" } = words.in(language).commands[command] ?? {};
    return { usage: fill(usage, places), does };
  },
});
