import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/commands/index.ts";
import { readCommunityFiles } from "../../src/domain/community-file.ts";
import { formHeard } from "../../src/sms/hearing.ts";
import { commandMeant, wordsLookedAt } from "../../src/sms/meant.ts";
import { wordsOf } from "../../src/sms/grammar.ts";
import { loadWords } from "../../src/words/load.ts";

const menus = join(import.meta.dirname, "../../menus");
const words = loadWords(join(menus, "words"));
const codes = [...words.languages.keys()];
const weighty = ["stop", "start"] as const;

/** What a text stops or starts where these languages are spoken: the command, or nothing. */
function decides(languages: readonly string[], text: string): string | undefined {
  const [keyword = "", ...rest] = wordsOf(text);
  const [language = "en"] = languages;
  const command = commandMeant({ words, commands }, { language, languages }, keyword);
  if (command === undefined || !(weighty as readonly string[]).includes(command.name))
    return undefined;
  const { heard } = formHeard(command, wordsLookedAt(command, keyword, rest), {
    proof: "pin",
    numbers: () => "whole",
  });
  return heard.type === "heard" ? command.name : undefined;
}

const keywordsOf = (code: string, name: string): readonly string[] =>
  words.in(code).commands[name]?.keywords ?? [];
const every = codes.flatMap((code) =>
  weighty.flatMap((name) => keywordsOf(code, name).map((word) => ({ code, name, word }))),
);
/** Those that mean nothing but this, also when more is said. */
const plain = ["STOP", "STOPALL", "UNSUBSCRIBE", "START", "UNSTOP"];

const letter = fc.constantFrom(...Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
/** A word one slip from another: a letter wrong, missing, too many, or two swapped. */
const slip = (word: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom<"wrong" | "missing" | "more" | "swapped">(
        "wrong",
        "missing",
        "more",
        "swapped",
      ),
      fc.nat(word.length - 1),
      letter,
    )
    .map(([kind, at, other]) => {
      const [before, after] = [word.slice(0, at), word.slice(at + 1)];
      switch (kind) {
        case "wrong":
          return before + other + after;
        case "missing":
          return before + after;
        case "more":
          return before + other + word.slice(at);
        case "swapped":
          return before + after.slice(0, 1) + word.charAt(at) + after.slice(1);
      }
    });

describe("STOP and START", () => {
  test.each(every)("$word is the whole text in $code, in any case", ({ code, name, word }) => {
    for (const text of [word, word.toLowerCase(), `${word}.`, ` "${word}"! `])
      expect(decides([code], text)).toBe(name);
  });

  test.each(plain)("%s counts whatever follows it, in every language", (word) => {
    for (const code of codes)
      expect(decides([code], `${word} texting me 1234`)).toBe(
        word === "START" || word === "UNSTOP" ? "start" : "stop",
      );
  });

  test.each(every.filter(({ word }) => !plain.includes(word)))(
    "$word is an ordinary word in $code when more is said",
    ({ code, word }) => {
      for (const text of [`${word} me`, `${word}, 14 March`, `${word} ${word}`])
        expect(decides([code], text)).toBeUndefined();
    },
  );

  test("are never guessed at, in whatever languages are spoken", () => {
    const spoken = fc.subarray(codes, { minLength: 1 });
    const mistyped = fc
      .constantFrom(...every)
      .chain(({ word }) => fc.tuple(slip(word), fc.constantFrom("", " please", " 4 5 6")));
    fc.assert(
      fc.property(spoken, mistyped, (languages, [typed, more]) => {
        const known = languages.flatMap((code) => weighty.flatMap((of) => keywordsOf(code, of)));
        fc.pre(!known.includes(typed));
        expect(decides(languages, typed + more)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test("are heard in the languages spoken in a community, and in no other", () => {
    for (const { languages } of readCommunityFiles(join(menus, "communities")).values()) {
      const known = languages.flatMap((code) => weighty.flatMap((name) => keywordsOf(code, name)));
      for (const { name, word } of every)
        expect(decides(languages, word)).toBe(known.includes(word) ? name : undefined);
    }
  });

  test.for([
    ["Para cuándo es la clase?", ["es", "en"]],
    ["Asha", ["en", "sw", "luo"]],
    ["TOP", ["en"]],
    ["Step by step", ["en"]],
    ["SMART", ["en"]],
    ["Acha", ["en", "es"]],
    ["acha nikuambie", ["sw", "en"]],
    ["End of the month?", ["en"]],
    ["Quit asking him", ["en"]],
    ["Parar en la tienda", ["es"]],
  ] as const)("are not in: %s", ([text, languages]) => {
    expect(decides(languages, text)).toBeUndefined();
  });
});
