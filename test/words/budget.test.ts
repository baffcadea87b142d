import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCommunityFiles } from "../../src/domain/community-file.ts";
import { render } from "../../src/ussd/screen.ts";
import { loadWords } from "../../src/words/load.ts";
import { fitsScreen, measure } from "../../src/words/measure.ts";
import { fill, placesOf, type Fields } from "../../src/words/words.ts";

const menus = join(import.meta.dirname, "../../menus");
const words = loadWords(join(menus, "words"));
const files = readCommunityFiles(join(menus, "communities"));

/** The longest each place may be filled with, in any community that speaks the language. */
function widest(language: string): Fields {
  const spoken = files.filter(({ languages }) => languages.includes(language));
  const longest = (texts: readonly string[]): string =>
    texts.reduce((a, b) => (a.length >= b.length ? a : b), "");
  const deeds = spoken.flatMap(({ deeds }) => deeds);
  return {
    community: longest(spoken.map(({ name }) => name)),
    name: longest(deeds.map(({ name }) => name[language] ?? "")),
    deed: longest(deeds.map(({ name }) => name[language] ?? "")),
    unit: longest(deeds.map(({ unit }) => unit?.[language] ?? "")),
    help: longest(spoken.map(({ help_number }) => help_number)),
    sms: longest(spoken.map(({ sms_number }) => sms_number ?? "")),
    code: "W7WW",
    receipt: "SWWWWWWW",
    lines: "31/12 +10000, 30/12 -10000, 29/12 +10000",
    when: "31/12/26 12:59PM",
    reason: "x".repeat(40),
    value: 10_000,
    cash: "KES 1000000.00",
    total: 100_000,
    balance: 1_000_000,
    cache: 1_000_000,
    accrued: 2_000,
    max: 1_000,
    count: 60,
    tries: 2,
    minutes: 15,
    word: "claim code",
    usage: "NO claim reason PIN",
  };
}

// Trap 10: whole on the strictest network, with the longest names.
describe.each([...words.languages.values()])("in $name", (language) => {
  const fields = widest(language.code);
  const screens = Object.entries(language.screens).flatMap(([flow, names]) =>
    Object.keys(names).map((name) => ({ flow, name })),
  );

  test.each(screens)("the screen $flow.$name fits at its longest", ({ flow, name }) => {
    const { title, line, options = {} } = language.screens[flow]?.[name] ?? { title: "" };
    const end = !Object.values({ line, ...options }).some(Boolean) && flow === "common";
    const listed = Object.keys(options).map((word, at) => ({
      key: at + 1,
      word,
      fields,
      value: "",
    }));
    const lines = line === undefined ? listed : [{ key: 60, fields, value: "" }];
    const screen = { flow, name, asked: { fields, options: lines }, end };
    const { answer } = render(screen, language, { page: 0, home: flow === "home" });
    expect(fitsScreen(answer), `${measure(answer).units}: ${answer}`).toBe(true);
    expect(answer).not.toContain("..");
    expect(answer).toContain(fill(title, fields));
  });

  test.each(Object.entries(language.hints))(
    "the hint %s leaves room for a short question",
    (_n, hint) => {
      expect(measure(fill(hint, fields)).units).toBeLessThanOrEqual(70);
    },
  );

  test.each(Object.entries(language.texts))(
    "the text %s is one segment at its longest",
    (name, text) => {
      expect(placesOf(text).filter((place) => !(place.slice(1, -1) in fields))).toEqual([]);
      const shown = fill(text, { ...fields, name: "A name of twenty-four ch" });
      const limit = name === "delete-your-text" ? 40 : 160;
      expect(measure(shown), shown).toMatchObject({ alphabet: "GSM-7" });
      expect(measure(shown).units, shown).toBeLessThanOrEqual(limit);
    },
  );
});
