import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCommunityFiles } from "../../src/domain/community-file.ts";
import { allFlows, tops } from "../../src/flows/index.ts";
import { worstFields } from "../../src/flows/worst.ts";
import { nameOf, walk } from "../../src/ussd/walk.ts";
import { loadWords } from "../../src/words/load.ts";
import { measure } from "../../src/words/measure.ts";
import { fill, placesOf, spoken, type PlainFields } from "../../src/words/words.ts";

const menus = join(import.meta.dirname, "../../menus");
const words = loadWords(join(menus, "words"));
const files = readCommunityFiles(join(menus, "communities"));

/** What only texts are filled with. */
const ofTexts = {
  accrued: 2_000,
  reason: "x".repeat(40),
  key: "12345",
  cash: "KES 1000000.00",
  word: "claim code",
  usage: "DEED phone deed number PIN",
  promised: 1_000_000,
  proposals: "",
  claims: "W7WW Name 12, ".repeat(4),
  deeds: "",
  vendors: "",
  reward: "SMARTRIP",
  percent: 9_999,
  languages: "en, sw, luo",
  pin: " PIN",
};

/** One segment: what asks for a word goes out at every command. */
const segment_units = { "GSM-7": 160, "UCS-2": 70 };

// Trap 10: whole on the strictest network, with the longest names, with every line of help.
describe.each([...words.languages.values()])("in $name", (language) => {
  const fields = worstFields(language.code, files);
  const shown = walk(allFlows, tops, language, fields);

  test("every screen is walked", () => {
    const names = new Set(shown.map(({ screen }) => `${screen.flow}.${screen.name}`));
    const written = Object.entries(language.screens).flatMap(([flow, screens]) =>
      Object.keys(screens).map((name) => `${flow}.${name}`),
    );
    expect([...names].sort()).toEqual(written.sort());
  });

  test("every screen fits at its longest, and loses nothing", () => {
    const cut = shown.flatMap(({ screen, pages }) =>
      pages
        .filter((page) => page.cut)
        .map(({ answer }) => `${nameOf(screen)}: ${answer} (${lengthOf(screen, language)})`),
    );
    expect(cut).toEqual([]);
  });

  test("what is confirmed is read on two pages at the most, and on one in GSM-7", () => {
    const most = measure(language.name).alphabet === "GSM-7" ? 1 : 2;
    const long = shown.filter(({ screen, pages }) => {
      const one = screen.hint === undefined && screen.pages === true;
      return one && pages.length > most;
    });
    expect(long.map(({ screen, pages }) => [nameOf(screen), pages])).toEqual([]);
  });

  const asking = Object.entries(language.texts).filter(([name]) => name.endsWith("asks"));
  test.each(asking)("%s and its word go as one segment", (name, text) => {
    const plain: PlainFields = { ...spoken(language, fields), ...ofTexts, word: "ORANGE47" };
    const all = { ...plain, minutes: 10, name: nameFor(name, plain) };
    const { alphabet, units } = measure(fill(`${text} ${language.texts["word.asked"]}`, all));
    expect(units).toBeLessThanOrEqual(segment_units[alphabet]);
  });

  test.each(Object.entries(language.texts))("the text %s fits at its longest", (name, text) => {
    const plain: PlainFields = { ...spoken(language, fields), ...ofTexts };
    const more = { other: plain["vendor"], manager: plain["vendor"], sender: plain["vendor"] };
    const all = { ...plain, ...more, name: nameFor(name, plain) } as PlainFields;
    expect(placesOf(text).filter((place) => !(place.slice(1, -1) in all))).toEqual([]);
    const said = fill(text, all);
    const { alphabet, units } = measure(said);
    const limit = alphabet === "GSM-7" ? 160 : 134;
    expect(units, said).toBeLessThanOrEqual(name === "delete-your-text" ? 60 : limit);
  });
});

/** A deed or reward in most texts; a person in those that name one. */
const nameFor = (text: string, plain: PlainFields): string =>
  String(
    /^(redemption|unlock|order|key-spent|redeem|cancel|done|propos|vote)/.test(text)
      ? plain["deed"]
      : plain["vendor"],
  );

const lengthOf = (
  { flow, name }: { flow: string; name: string },
  language: { screens: Readonly<Record<string, Readonly<Record<string, { title: string }>>>> },
): number => measure(language.screens[flow]?.[name]?.title ?? "").units;
