import { fill, type PlainFields, type Words } from "../words/words.ts";
import { commandLike } from "./grammar.ts";
import { commandSaid, type SpokenHere } from "./meant.ts";

/** What commands are called, for a command that tells of others. */
export interface Keywords {
  /** The command that a keyword stands for in any language, or nearly stands for in these. */
  readonly named: (spoken: SpokenHere, keyword: string) => string | undefined;
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
  named: (spoken, keyword) => {
    const near = [spoken.language, ...spoken.languages].map((code) => words.in(code));
    return commandSaid({ words }, spoken, keyword) ?? commandLike(near, keyword);
  },
  shown: (language, command) => words.in(language).commands[command]?.keywords[0] ?? "",
  told: (language, command, places) => {
    const { usage = "", does = "" } = words.in(language).commands[command] ?? {};
    return { usage: fill(usage, places), does };
  },
});
