import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadWords, WordsError } from "../../src/words/load.ts";

const folder = join(import.meta.dirname, "../../menus/words");

type Change = readonly [file: string, from: string | RegExp, to: string];

/** The words with some lines changed, in a folder of their own. */
function wordsWith(...changes: readonly Change[]): string {
  const copy = mkdtempSync(join(tmpdir(), "soccs-words-"));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  cpSync(folder, copy, { recursive: true });
  for (const [file, from, to] of changes) {
    const before = readFileSync(join(copy, file), "utf8");
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${file} has nothing like ${String(from)}`);
    writeFileSync(join(copy, file), after);
  }
  return copy;
}

/** What is told of words that are wrong, by line. */
function complaintsOf(copy: string): readonly string[] {
  try {
    loadWords(copy);
  } catch (error) {
    expect(error).toBeInstanceOf(WordsError);
    return (error as WordsError).message.split("\n");
  }
  return [];
}

/** One line of a file, from its key on. */
const line = (key: string): RegExp => new RegExp(`^ *"?${key}"?:.*\\n`, "m");

describe("the words of a language", () => {
  test("are loaded by their code, and English speaks where a language is not spoken", () => {
    const words = loadWords(folder);
    expect([...words.languages.keys()].sort()).toEqual([
      "en",
      "es",
      "luo",
      "sw",
      "ta",
      "ta-latn",
      "tw",
    ]);
    expect(words.in("sw").nav.back).toMatch(/^0/);
    expect(words.in("xx")).toBe(words.in("en"));
    expect(words.say("en", "ok.confirmed", { receipt: "SC7K2Q9P", count: 2, total: 22 })).toMatch(
      /^SC7K2Q9P Confirmed: claims 2, 22 SoCC/,
    );
  });

  test("are not said with a field left out, nor where there is no such text", () => {
    const words = loadWords(folder);
    expect(() => words.say("en", "ok.confirmed", { count: 2 })).toThrow("no field {receipt}");
    expect(() => words.say("en", "farewell", {})).toThrow('no text "farewell"');
  });

  test.for([
    ["sw.yaml", "texts.help.member", "help.member"],
    ["luo.yaml", "hints.wrong-pin", "wrong-pin"],
    ["sw.yaml", "nav.more", "more"],
  ] as const)("of which %s lacks %s are told to lack it", ([file, key, name]) => {
    const told = complaintsOf(wordsWith([file, line(name), ""]));
    expect(told).toEqual([expect.stringMatching(startingWith(file, key))]);
  });

  test("in a whole command that is missing are each named", () => {
    const told = complaintsOf(wordsWith(["sw.yaml", /^ {2}earn:.*\n(?: {4}.*\n)*/m, ""]));
    expect(told).toEqual([
      "sw.yaml: commands.earn.usage: is missing",
      "sw.yaml: commands.earn.does: is missing",
    ]);
  });

  test.for([
    ["sw.yaml", "texts.managers-too", /^texts:\n/m, 'texts:\n  managers-too: "Ndiyo"\n'],
    ["sw.yaml", "nav.up", /^nav:\n/m, "nav:\n  up: Juu\n"],
    ["luo.yaml", "hints.later", /^hints:\n/m, "hints:\n  later: Bang'e\n"],
    ["luo.yaml", "farewell", /^review:/m, "farewell: Oriti\nreview:"],
  ] as const)("of which %s has %s too many are told so", ([file, key, from, to]) => {
    const [first = "", ...others] = complaintsOf(wordsWith([file, from, to]));
    expect(others).toEqual([]);
    expect(first.startsWith(file)).toBe(true);
    for (const part of key.split(".")) expect(first).toContain(part);
  });

  test.for([
    ["a place renamed", "sw.yaml", "{tries}", "{trials}"],
    ["a place lost", "sw.yaml", "{tries}", "3"],
    ["a place added", "sw.yaml", "{tries}", "{tries} {name}"],
  ] as const)("with %s are told where, and which places are wanted", ([, file, from, to]) => {
    const told = complaintsOf(wordsWith([file, from, to]));
    expect(told).toEqual(["sw.yaml: hints.wrong-pin: wants the places {tries}"]);
  });

  test("may have their places in another order", () => {
    const swapped: Change = [
      "sw.yaml",
      line("bal.told"),
      '  bal.told: "{cache} {lines} {balance}"\n',
    ];
    expect(complaintsOf(wordsWith(swapped))).toEqual([]);
  });

  test.for([
    ["a quote left open", /^name:.*$/m, 'name: "Kiswahili'],
    ["a key twice", /^name:/m, "name: Kiswahili\nname:"],
    ["an alias of nothing", /^name:.*$/m, "name: *nobody"],
    ["nothing in it", /^[^]*$/, ""],
  ] as const)("in YAML with %s are told by their file", ([, from, to]) => {
    expect(complaintsOf(wordsWith(["sw.yaml", from, to]))[0]).toMatch(/^sw\.yaml/);
  });

  test.for([
    ["name", /^name:.*$/m, "name: 7"],
    ["review", /^review:.*$/m, "review: perhaps"],
    ["nav.back", /^ {2}back:.*$/m, '  back: ""'],
    ["commands.bal.keywords.0", "[SALIO, BAL]", "[salio, BAL]"],
  ] as const)("of the wrong shape at %s are told by file, line and key", ([key, from, to]) => {
    const copy = wordsWith(["sw.yaml", from, to]);
    expect(complaintsOf(copy)).toEqual([
      expect.stringMatching(new RegExp(`^sw\\.yaml:\\d+: ${key.replaceAll(".", "\\.")}: .`)),
    ]);
  });

  test("that are wrong in several files are told of in all of them at once", () => {
    const told = complaintsOf(
      wordsWith(["sw.yaml", /^name:.*$/m, "name: 7"], ["luo.yaml", /^ {2}back:.*$/m, '  back: ""']),
    );
    expect(told.map((one) => one.split(":")[0]).sort()).toEqual(["luo.yaml", "sw.yaml"]);
  });

  test("want English, which the others are compared with", () => {
    const copy = wordsWith();
    rmSync(join(copy, "en.yaml"));
    expect(complaintsOf(copy)).toEqual([`${copy}: en.yaml is missing`]);
  });
});

const startingWith = (file: string, key: string): RegExp =>
  new RegExp(`^${file.replace(".", "\\.")}(:\\d+)?: ${key.replace(".", "\\.")}: `);
