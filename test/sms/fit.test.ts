import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { waysToList } from "../../src/commands/menu.ts";
import { readCommunityFiles } from "../../src/domain/community-file.ts";
import { fitList, fitsText } from "../../src/sms/fit.ts";
import { loadWords } from "../../src/words/load.ts";

const menus = join(import.meta.dirname, "../../menus");
const words = loadWords(join(menus, "words"));

describe("a list in a text", () => {
  const text = (list: string): string => `List: ${list}.`;
  const items = Array.from({ length: 30 }, (_, at) => `item ${at + 1}`);

  test("is whole where it has room, in the fullest way that has", () => {
    const ways = [(item: string) => `${item} with many more words`, (item: string) => item];
    expect(fitList(items.slice(0, 3), { ways, text })).toMatch(/^item 1 with many .* words$/);
    expect(fitList(items.slice(0, 9), { ways, text })).toMatch(/^item 1, .*, item 9$/);
  });

  test("is cut where an item ends, and tells how many more there are", () => {
    const cut = fitList(items, { ways: [(item) => item], text });
    const [, last = "", more = ""] = /, item (\d+) \+(\d+)$/.exec(cut) ?? [];
    expect(Number(last) + Number(more)).toBe(30);
    expect(fitsText(text(cut))).toBe(true);
    expect(fitsText(text(cut.replace(" +", ", item 20 +")))).toBe(false);
  });

  test("is empty where not even one item has room", () => {
    expect(fitList(["x".repeat(200)], { ways: [(item) => item], text })).toBe("");
    expect(fitList([], { ways: [(item: string) => item], text })).toBe("");
  });
});

/** Every menu of every community, in each of its languages. */
const listed = readCommunityFiles(join(menus, "communities")).flatMap((file) =>
  file.languages.flatMap((language) =>
    (["deeds", "rewards"] as const).map((menu) => ({ file, language, menu, slug: file.slug })),
  ),
);

test.each(listed)("the $menu of $slug go whole into one text in $language", (at) => {
  const { file, language, menu } = at;
  const items = file[menu].map(({ code, name, ...item }, index) => ({
    code,
    position: index + 1,
    name: name[language] ?? "",
    value: "price" in item ? String(item.price) : `${item.value}/${item.unit?.[language] ?? ""}`,
  }));
  const [key, place] = menu === "deeds" ? ["earn.told", "deeds"] : ["shop.told", "rewards"];
  const text = (list: string): string => words.say(language, key, { pin: " PIN", [place]: list });
  const list = fitList(items, { ways: waysToList(items, ({ value }) => value), text });
  expect(fitsText(text(list)), text(list)).toBe(true);
  expect(list.split(", ")).toHaveLength(items.length);
});
