import fc from "fast-check";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandLike } from "../../src/sms/grammar.ts";
import { nearest } from "../../src/sms/nearest.ts";
import { loadWords } from "../../src/words/load.ts";

const words = loadWords(join(import.meta.dirname, "../../menus/words"));
const known = ["UMBRELLA", "SCHOOL", "SOLAR", "STOVE"].map((word) => ({ word, of: word }));

describe("the word that is meant", () => {
  test.for([
    ["UMBRELLA", "UMBRELLA"],
    ["UMBRELA", "UMBRELLA"],
    ["UMBRELLLA", "UMBRELLA"],
    ["UMBRELLO", "UMBRELLA"],
    ["UMRBELLA", "UMBRELLA"],
    ["UMBREL", undefined],
    ["UMRBELLO", undefined],
    ["", undefined],
    ["2", undefined],
  ] as const)("%s is %s", ([typed, wanted]) => {
    expect(nearest(typed, known, 3)).toBe(wanted);
  });

  test("is not guessed at between two", () => {
    const two = [
      { word: "STOP", of: "stop" },
      { word: "SHOP", of: "shop" },
    ];
    expect(nearest("SOP", two, 4)).toBeUndefined();
    expect(nearest("SHOP", two, 4)).toBe("shop");
    expect(nearest("SHOOP", two, 4)).toBe("shop");
  });

  test("is the same when two words stand for one thing", () => {
    const two = [
      { word: "CANJE", of: "redeem" },
      { word: "CANJEAR", of: "redeem" },
    ];
    expect(nearest("CANJEA", two, 4)).toBe("redeem");
  });

  test("is never one that wants two slips, whatever was typed", () => {
    const letters = fc.string({ unit: fc.constantFrom("A", "B", "C"), maxLength: 6 });
    fc.assert(
      fc.property(letters, letters, (typed, word) => {
        const found = nearest(typed, [{ word, of: "it" }], 0);
        if (Math.abs(typed.length - word.length) > 1) expect(found).toBeUndefined();
        if (typed === word) expect(found).toBe("it");
      }),
    );
  });
});

describe("a keyword", () => {
  const spoken = (...codes: string[]) => codes.map((code) => words.in(code));

  test.for([
    ["HELO", "help"],
    ["cliam", "claim"],
    ["REEDEM", "redeem"],
    ["SALOI", undefined],
    ["BALA", undefined],
    ["OKK", undefined],
    ["SOP", undefined],
    ["4826", undefined],
  ] as const)("%s is %s in English", ([typed, command]) => {
    expect(commandLike(spoken("en"), typed)).toBe(command);
  });

  test("is forgiven in the languages spoken here alone", () => {
    expect(commandLike(spoken("en", "sw"), "SALOI")).toBe("bal");
  });

  test("never turns into a decision on a claim, which is too short a word to guess", () => {
    for (const typed of ["OKE", "KO", "ON", "NOO", "YE", "YEP"])
      expect(["ok", "no"]).not.toContain(commandLike(spoken("en", "sw", "luo"), typed));
  });
});
