import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCommunityFiles } from "../../src/domain/community-file.ts";
import { allFlows, tops } from "../../src/flows/index.ts";
import { worstFields } from "../../src/flows/worst.ts";
import { nameOf, walk } from "../../src/ussd/walk.ts";
import { fitsText } from "../../src/sms/fit.ts";
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
  claims: "W7WW Name 12, ".repeat(2),
  deeds: "CLEAN: 200 (10000), 3: 200 (10000)",
  others: "JIUNGE 60, NAMBARI 60, PINGA 60",
  waiting: "SWWWWWWW Mary Atieno 25",
  all: "NYINAA",
  orders: "Wilhelmina Nyamukuluuuuu: NOTEBOOK",
  open: "NOTEBOOK (40)",
  commands: "",
  page: 9,
  does: "",
  cash_outs: "88888, ".repeat(4) + "88888",
  vendors: "",
  reward: "SMARTRIP",
  percent: 9_999,
  languages: "en, sw, luo",
  pin: " PIN",
};

/** One segment: what asks for a word goes out at every command. */
const segment_units = { "GSM-7": 160, "UCS-2": 70 };

/**
 * Texts that Tamil script cannot honestly say in one segment of 70, and goes in two: why. Whoever wants one
 * chooses Tamil in Latin letters, which has 160.
 */
const in_two_segments: Readonly<Record<string, string>> = {
  "redemption-code": "a reward, a vendor, a price, a day, a code, a key and a warning",
  "journal-reversed": "somebody's own reason, of up to forty letters",
  "welcome-sms": "the first text: how a PIN is chosen",
  "welcome-group": "the first text, of a group's phone",
  "welcome-group-sms": "the first text, of a group's phone",
  "reset-started": "who, from when, and how it is stopped",
  "reset-started-sms": "who, from when, and how it is stopped",
  "number-moving": "who, from when, where to, and how it is stopped",
  "number-moving-sms": "who, from when, where to, and how it is stopped",
  "move.witnessed": "who, from when, where to, and that it can be stopped",
  "dispute-waiting": "the two answers, each with a receipt and a PIN",
  "cashout.asked": "two amounts, a balance, and how it is called off",
  "cancel.no-such-cash-out": "a list of amounts",
  "proposal-passed": "how the votes came out",
  "proposal-failed": "how the votes came out",
  "vote.shown": "how the votes stand",
  "budget-low": "to managers: what is to be done, and why",
  "budget-reached": "to managers: what is to be done, and why",
  "ok.budget-reached": "to managers: what is to be done, and why",
  "deed.budget-reached": "to managers: what became of it, and why",
  "proposals-exceed": "to managers: what is to be done, and why",
  "help.member": "a list of commands",
  "help.manager": "a list of commands",
  "help.vendor": "a list of commands",
  "help.group": "a list of commands",
  "list.deed": "a list of claims, and the two answers",
  "propose.listed": "a list of rewards",
  "deed.several": "a list of names",
  "send.several": "a list of names",
  "which-of-several": "a list of names",
};
/** Two segments in one text have 67 units each. */
const two_segments_units = 2 * 67;

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

  test("a list of what waits has room for one more item beside what else waits", () => {
    const plain: PlainFields = { ...spoken(language, fields), ...ofTexts };
    const item = `W7WW ${plain["vendor"]} 10000 +199`;
    const deeds = "NOTEBOOKBOOK: 200 (1000000) +98";
    const long = ["claims", "deed", "deeds"]
      .map((list) => `${language.texts[`list.${list}`]} ${language.texts["list.others"]}`)
      .map((text) => fill(text, { ...plain, word: "CLEAN", deed: "CLEAN", claims: item, deeds }))
      .filter((said) => !fitsText(said));
    expect(long).toEqual([]);
  });

  // Of those with a reward's name and a vendor's, the longest go as two.
  test.each(["sent", "cashout.asked"])(
    "the receipt %s that answers a text, and the reminder to delete that, go as one segment",
    (key) => {
      const plain: PlainFields = { ...spoken(language, fields), ...ofTexts };
      const more = { sender: plain["vendor"] } as PlainFields;
      const text = `${language.texts[key]} ${language.texts["delete-it"]}`;
      const { alphabet, units } = measure(fill(text, { ...plain, ...more }));
      expect(units).toBeLessThanOrEqual(alphabet === "GSM-7" ? 160 : 134);
    },
  );

  test("HELP and a command's word says in one text how it is used and what it does", () => {
    const told = Object.values(language.commands).map(({ usage, does }) =>
      fill(`${language.texts["help.command"]}`, { usage: fill(usage, ofTexts), does }),
    );
    const limit = language.code === "ta" ? segment_units["UCS-2"] : segment_units["GSM-7"];
    expect(told.filter((text) => measure(text).units > limit)).toEqual([]);
  });

  test.each(Object.entries(language.texts))("the text %s fits at its longest", (name, text) => {
    const plain: PlainFields = { ...spoken(language, fields), ...ofTexts };
    const more = { other: plain["vendor"], manager: plain["vendor"], sender: plain["vendor"] };
    const all = { ...plain, ...more, name: nameFor(name, plain) } as PlainFields;
    expect(placesOf(text).filter((place) => !(place.slice(1, -1) in all))).toEqual([]);
    const said = fill(text, all);
    const { alphabet, units } = measure(said);
    expect(units, said).toBeLessThanOrEqual(
      name === "delete-your-text" ? 60 : limitOf(alphabet, name),
    );
    // None stands in the list that needs it no longer.
    if (alphabet === "UCS-2" && name in in_two_segments)
      expect(units, said).toBeGreaterThan(segment_units[alphabet]);
  });
});

const limitOf = (alphabet: "GSM-7" | "UCS-2", name: string): number =>
  alphabet === "UCS-2" && name in in_two_segments ? two_segments_units : segment_units[alphabet];

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
