import type { Command } from "commander";
import { Refused } from "./operator.ts";

/** What the check of the menus folder found. */
export interface MenusChecked {
  readonly languages: number;
  readonly screens: number;
  readonly communities: number;
  /** What keeps a file from being read: each names file, line, key and what is wanted. */
  readonly wrong: readonly string[];
  /** Each screen that is too long on the strictest network, with the longest names. */
  readonly too_long: readonly string[];
  /** Languages of communities that have no words: their people would be spoken to in English. */
  readonly unspoken: readonly string[];
}

/** One screen as a translator or a partner reads it. */
export interface Printed {
  /** `redeem.vendor`. */
  readonly name: string;
  readonly pages: readonly string[];
}

/** What is behind these commands: the folder, its checks, and its screens. */
export interface Menus {
  readonly check: () => MenusChecked;
  readonly print: (language: string) => readonly Printed[] | undefined;
}

/** `soccs menus`: the words and communities of the menus folder. */
export function addMenus(program: Command, { check, print }: Menus): void {
  const command = program.command("menus").description("The words and communities of menus/.");

  command
    .command("check")
    .description(
      "Read every file, and draw every screen in every language with the longest names: each must " +
        "fit 160 characters, or 70 where its letters are not in GSM-7. Exit code 1 when something is " +
        "wrong.",
    )
    .option("--json", "print one JSON document")
    .action(({ json }: { json?: boolean }) => {
      const found = check();
      const wrong = [...found.wrong, ...found.too_long, ...found.unspoken];
      const all = `${found.languages} languages, ${found.screens} screens, ${found.communities} communities`;
      if (json) console.log(JSON.stringify(found, null, 2));
      else console.log([...wrong, wrong.length === 0 ? `all is well: ${all}` : all].join("\n"));
      if (wrong.length > 0) process.exitCode = 1;
    });

  command
    .command("print")
    .description("Print every screen of a language, for a translator or a partner to read.")
    .requiredOption("--language <code>", "such as sw")
    .option("--json", "print one JSON document")
    .action(({ language, json }: { language: string; json?: boolean }) => {
      const screens = print(language);
      if (screens === undefined) throw new Refused(`there is no menus/words/${language}.yaml`);
      console.log(json ? JSON.stringify(screens, null, 2) : screens.map(drawn).join("\n\n"));
    });
}

const drawn = ({ name, pages }: Printed): string => {
  const drawings = pages.map((page) =>
    page
      .split("\n")
      .map((line) => `  | ${line}`)
      .join("\n"),
  );
  return [name, drawings.join("\n  +---\n")].join("\n");
};
