import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { render } from "../../src/ussd/screen.ts";
import type { Screen } from "../../src/ussd/session.ts";
import { fitsScreen } from "../../src/words/measure.ts";
import type { Language } from "../../src/words/words.ts";

const language: Language = {
  code: "en",
  name: "English",
  nav: { back: "0.Back", main: "00.Main", more: "98.More" },
  hints: { "not-on-list": "Pick a number shown." },
  phrases: { "all-of": "All {count} of them" },
  screens: {
    borrow: {
      book: { title: "Which book?", line: "{name}", empty: "The shelf is empty." },
      lent: { title: "Lent: {name}" },
    },
  },
  texts: {},
  commands: {},
};

const list = (names: readonly string[], over: Partial<Screen> = {}): Screen => ({
  flow: "borrow",
  name: "book",
  asked: {
    fields: {},
    options: names.map((name, at) => ({ key: at + 1, fields: { name }, value: name })),
  },
  end: false,
  ...over,
});

const page = (screen: Screen, at: number): string =>
  render(screen, language, { page: at, home: false }).answer;

describe("a screen", () => {
  test("has its title, its numbered lines and its foot", () => {
    expect(page(list(["Dust", "Petals"]), 0)).toBe(
      "CON Which book?\n1. Dust\n2. Petals\n0.Back 00.Main",
    );
    expect(render(list(["Dust"]), language, { page: 0, home: true }).answer).toBe(
      "CON Which book?\n1. Dust",
    );
  });

  test("says so when there is nothing to choose, and puts a hint first", () => {
    expect(page(list([]), 0)).toContain("CON The shelf is empty.");
    const hinted = list(["Dust"], { hint: { name: "not-on-list", fields: {} } });
    expect(page(hinted, 0)).toContain("CON Pick a number shown.\nWhich book?");
  });

  test("beyond the last page shows the last, and says which it was", () => {
    const names = Array.from({ length: 20 }, (_, at) => `A book of some length ${at}`);
    const last = render(list(names), language, { page: 99, home: false });
    expect(last.answer).toContain("20. A book");
    expect(last.answer).not.toContain("98.More");
    expect(render(list(names), language, { page: last.page, home: false })).toEqual(last);
  });

  test("pages never split an option, number on, miss none, and fit, in any alphabet", () => {
    const name = fc.oneof(
      fc.string({ minLength: 1, maxLength: 30 }),
      fc.constantFrom("தெரு சுத்தம்", "Ɛdeɛ pa", "[€uro] {x}", "Sorted waste"),
    );
    fc.assert(
      fc.property(
        fc.array(
          name.map((text) => text.replace(/[{}\s]+/g, "_")),
          { maxLength: 30 },
        ),
        (names) => {
          const screen = list(names);
          const shown: string[] = [];
          for (let at = 0; ; at += 1) {
            const { answer, page: really } = render(screen, language, { page: at, home: false });
            expect(really).toBe(at);
            expect(fitsScreen(answer)).toBe(true);
            shown.push(...answer.split("\n").filter((line) => /^\d+\. /.test(line)));
            if (!answer.includes("\n98.More\n")) break;
          }
          expect(shown).toEqual(names.map((each, at) => `${at + 1}. ${each}`));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a phrase in a field is said in the reader's words", () => {
    const fields = { name: { say: "all-of", fields: { count: 80 } } };
    const screen = list([], {
      asked: { fields: {}, options: [{ key: 1, fields, value: 1 }] },
    });
    expect(page(screen, 0)).toContain("1. All 80 of them");
  });

  test("a long text that only wants to be confirmed runs over pages, word by word", () => {
    const words = Array.from({ length: 60 }, (_, at) => `word${at}`).join(" ");
    const screen = list([], {
      name: "lent",
      pages: true,
      asked: { fields: { name: words }, options: [] },
    });
    const pages = [page(screen, 0), page(screen, 1), page(screen, 2), page(screen, 3)];
    for (const each of pages) expect(fitsScreen(each)).toBe(true);
    expect(pages[0]).toMatch(/^CON Lent: word0 .*\n98\.More\n0\.Back 00\.Main$/s);
    const said = pages.map((each) => /^CON ([^\n]*)/.exec(each)?.[1]).join(" ");
    expect(said).toBe(`Lent: ${words}`);
  });

  test("a name nobody foresaw is cut before the foot, and does not lose the call", () => {
    const { answer } = render(list(["x".repeat(300)]), language, { page: 0, home: false });
    expect(fitsScreen(answer)).toBe(true);
    expect(answer).toMatch(/x\.\.\n0\.Back 00\.Main$/);
    const end = list([], {
      name: "lent",
      end: true,
      asked: { fields: { name: "த".repeat(90) }, options: [] },
    });
    expect(fitsScreen(page(end, 0))).toBe(true);
  });
});
