import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { soccs } from "../support/soccs.ts";

const root = join(import.meta.dirname, "../..");
/** Nothing of these is asked of a database. */
const nowhere = "postgres://127.0.0.1:1/none";

describe("soccs menus", () => {
  let copy: string;
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "soccs-menus-"));
    for (const path of ["src", "menus", "package.json"])
      cpSync(join(root, path), join(copy, path), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  const menus = (...words: string[]) => soccs(nowhere)("menus", ...words);
  const menusOfCopy = (...words: string[]) =>
    soccs(nowhere, { entry: join(copy, "src/soccs.ts") })("menus", ...words);
  const replace = (file: string, from: string, to: string): void => {
    const path = join(copy, "menus", file);
    const text = readFileSync(path, "utf8");
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
  };

  test("check tells of all that is wrong, in words and in communities, with exit code 1", async () => {
    const well = await menusOfCopy("check", "--json");
    expect(well).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(well.out)).toMatchObject({ languages: 7, communities: 4, wrong: [] });
    replace("words/sw.yaml", "  neutral-deed: tendo jema\n", "");
    replace("communities/kisumu-manyatta.yaml", "accrual_ratio: 5", "accrual_ratio: none");
    const wrong = [
      "sw.yaml: texts.neutral-deed: is missing",
      expect.stringMatching(/^kisumu-manyatta.yaml:12: accrual_ratio: /) as string,
    ];
    const found = await menusOfCopy("check");
    expect(found).toMatchObject({ code: 1, err: "" });
    expect(found.out.split("\n").slice(0, 2)).toEqual(wrong);
    const told = await menusOfCopy("check", "--json");
    expect(told).toMatchObject({ code: 1, err: "" });
    expect(JSON.parse(told.out)).toMatchObject({ wrong, screens: 0 });
  });

  test("print shows every screen of a language, drawn or as one document", async () => {
    const drawn = await menus("print", "--language", "sw");
    expect(drawn).toMatchObject({ code: 0, err: "" });
    expect(drawn.out).toMatch(/^balance\.\S+\n {2}\| Salio/m);
    const told = await menus("print", "--language", "sw", "--json");
    const screens = JSON.parse(told.out) as { name: string; pages: string[] }[];
    expect(screens.length).toBeGreaterThan(100);
    expect(screens.every(({ name, pages }) => name !== "" && pages.length > 0)).toBe(true);
    expect(await menus("print", "--language", "fr")).toMatchObject({
      code: 2,
      out: "",
      err: "there is no menus/words/fr.yaml\n",
    });
  });
});
