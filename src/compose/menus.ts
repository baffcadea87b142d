/** The menus folder, checked: its words against everything that flows and commands may say. */
import { join } from "node:path";
import { wordTexts } from "../commands/by-word.ts";
import { commands } from "../commands/index.ts";
import { waitingTexts } from "../commands/list.ts";
import {
  CommunityFileError,
  readCommunityFiles,
  type CommunityFile,
} from "../domain/community-file.ts";
import { notices } from "../domain/notify.ts";
import { allFlows, phrases, tops } from "../flows/index.ts";
import { worstFields } from "../flows/worst.ts";
import type { MenusChecked, Printed } from "../operator/menus.ts";
import { bookTexts } from "../reports/book/words.ts";
import { missingTexts } from "../sms/check.ts";
import { missingScreens } from "../ussd/check.ts";
import { nameOf, walk, type Walked } from "../ussd/walk.ts";
import { loadWords, WordsError } from "../words/load.ts";
import type { Fields, Words } from "../words/words.ts";

const folder = join(import.meta.dirname, "../../menus");

/** Screens of the flow `common` that what is around the engine ends calls with. */
const ends = ["unreadable", "busy", "nothing-taken", "unsure", "vendor-locked", "key-spent"];

/**
 * The words of all languages, known to have everything that may be said.
 * @throws WordsError naming each file, key and what is wanted.
 */
export function checkedWords(): Words {
  const words = loadWords(join(folder, "words"));
  const english = words.in("en");
  const missing = [
    ...missingScreens(allFlows, { ends, phrases }, english),
    ...missingTexts(commands, [...notices, ...wordTexts, ...waitingTexts, ...bookTexts], english),
  ];
  if (missing.length > 0)
    throw new WordsError(missing.map((key) => `menus/words: ${key} is missing`).join("\n"));
  return words;
}

/**
 * The communities as their files describe them, those that can be dialled first: they are what a
 * demonstration begins with. @throws Error naming file, line and key.
 */
export const communityFiles = (): readonly CommunityFile[] =>
  readCommunityFiles(join(folder, "communities")).toSorted(
    (a, b) => Number(b.ussd_code !== undefined) - Number(a.ussd_code !== undefined),
  );

/**
 * Checks every file of the folder, and, where all can be read, every screen in every language at its
 * longest.
 */
export function checkMenus(): MenusChecked {
  const words = tried(checkedWords);
  const communities = tried(communityFiles);
  const wrong = [...words.wrong, ...communities.wrong];
  const languages = [...(words.read?.languages.values() ?? [])];
  const files = communities.read ?? [];
  const walked = (wrong.length === 0 ? languages : []).map((language) => ({
    code: language.code,
    screens: walk(allFlows, tops, language, worstFields(language.code, files)),
  }));
  return {
    languages: languages.length,
    screens: walked.reduce((sum, { screens }) => sum + screens.length, 0),
    communities: files.length,
    wrong,
    too_long: walked.flatMap(({ code, screens }) => tooLong(code, screens)),
    unspoken: words.read === undefined ? [] : unspoken(files, words.read),
  };
}

/** What was read, or line by line what is wrong with it. */
function tried<T>(read: () => T): { readonly read?: T; readonly wrong: readonly string[] } {
  try {
    return { read: read(), wrong: [] };
  } catch (error) {
    if (error instanceof WordsError || error instanceof CommunityFileError)
      return { wrong: error.message.split("\n") };
    throw error;
  }
}

const unspoken = (files: readonly CommunityFile[], words: Words): readonly string[] =>
  files.flatMap(({ slug, languages }) =>
    languages
      .filter((code) => !words.languages.has(code))
      .map((code) => `${slug}: there is no menus/words/${code}.yaml`),
  );

const tooLong = (code: string, screens: readonly Walked[]): readonly string[] =>
  screens
    .filter(({ pages }) => pages.some(({ cut }) => cut))
    .map(({ screen }) => `words/${code}.yaml: screens.${nameOf(screen)} is too long`);

/**
 * Every screen of a language, without lines of help, filled with examples.
 * @returns undefined where there are no words in the language.
 */
export function printedScreens(code: string): readonly Printed[] | undefined {
  const language = checkedWords().languages.get(code);
  if (language === undefined) return undefined;
  const files = communityFiles();
  const deeds = files.flatMap(({ deeds }) => deeds.flatMap(({ name }) => name[code] ?? []));
  const [name = "Achieng Otieno"] = deeds;
  const fields: Fields = { ...worstFields(code, files), ...examples, name, deed: name };
  return walk(allFlows, tops, language, fields, { first: 1, lines: 3 })
    .filter(({ screen }) => screen.hint === undefined)
    .map(({ screen, pages }) => ({
      name: nameOf(screen),
      pages: pages.map(({ answer }) => answer.replace(/^(CON|END) /, "")),
    }));
}

const examples: Fields = {
  who: "Achieng Otieno",
  member: "Achieng Otieno",
  recipient: "Achieng Otieno",
  vendor: "Mama Njeri Shop",
  names: "Achieng Otieno, Jomo",
  value: 10,
  amount: 25,
  price: 40,
  taken: 40,
  missing: 12,
  total: 60,
  balance: 64,
  cache: 320,
  members: 112,
  voted: 45,
  yes: 30,
  no: 10,
  abstain: 5,
  vote: "YES",
  left: 2,
  max: 20,
  count: 6,
  days: 30,
  cap: { say: "cap-left", fields: { left: 2, days: 30 } },
  cash: "270.00",
  lines: "14/3 +10, 12/3 +3",
  when: "14/3/26 5:40PM",
  day: "14/3",
  tries: 2,
  minutes: 15,
};
