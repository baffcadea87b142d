import { languagesOf, setLanguage } from "../domain/languages.ts";
import { setStrangersLanguage } from "../domain/strangers.ts";
import { fitList } from "../sms/fit.ts";
import { command, type Command, type Word } from "../sms/grammar.ts";
import { nearest } from "../sms/nearest.ts";
import type { Texter } from "./sender.ts";

const languageWord: Word<string> = {
  takes: "rest",
  read: (text) => (text.length <= 40 ? text.toLowerCase() : undefined),
};

/** Codes of two letters are too like each other to be guessed at. */
const guessed_length_min = 4;

/**
 * `LANG <language>`, by its code or its own name for itself: what this phone reads from now on,
 * whichever of its accounts it is about.
 */
export const lang: Command<Texter> = {
  ...command(
    "lang",
    { language: languageWord },
    async ({ language: said }, texter: Texter) => {
      const languages = languagesOf(texter);
      const known = languages.flatMap(({ code, name }) =>
        [code, name].map((word) => ({ word: word.toLowerCase(), of: code })),
      );
      const language = nearest(said, known, guessed_length_min);
      if (language === undefined) return unknown(texter, languages);
      for (const account of texter.accounts) await setLanguage(texter, account, language);
      const { accounts, phone } = texter;
      if (accounts.length === 0) await setStrangersLanguage(texter, phone, language);
      return { type: "spoken" as const, by: { id: accounts[0]?.id ?? null, language } };
    },
    { spoken: "lang.spoken", unknown: "lang.unknown" },
  ),
  open: true,
};

function unknown(
  { say, language }: Texter,
  languages: readonly { readonly code: string; readonly name: string }[],
) {
  const list = fitList(languages, {
    ways: [({ code, name }) => `${code} ${name}`, ({ code }) => code],
    text: (shown) => say(language, ["lang.unknown"], { languages: shown }).text,
  });
  return { type: "unknown" as const, fields: { languages: list } };
}
