import { expect, test } from "vitest";
import { numbersAfter } from "../../src/domain/menu-numbers.ts";

const menu = [
  { code: "WASTE", position: 1 },
  { code: "DUMP", position: 2 },
  { code: "GARDEN", position: 3 },
];
const after = (change: { retired?: string[]; put?: string[] }, items = menu) => {
  const numbers = numbersAfter(items, { retired: [], put: [], ...change });
  return numbers && Object.fromEntries(numbers);
};

test("an item keeps its number, and a new one comes last, after those that end with it too", () => {
  expect(after({ retired: ["DUMP"], put: ["GARDEN"] })).toEqual({ WASTE: 1, GARDEN: 3 });
  expect(after({ retired: ["GARDEN"], put: ["DRAIN", "TREES"] })).toEqual({
    WASTE: 1,
    DUMP: 2,
    DRAIN: 4,
    TREES: 5,
  });
  expect(after({ put: ["DRAIN"] }, [])).toEqual({ DRAIN: 1 });
});

test("a number is given out again only when the last one is taken, and never twice", () => {
  const full = Array.from({ length: 97 }, (_, at) => ({ code: `D${at + 1}`, position: at + 1 }));
  expect(after({ put: ["DRAIN"] }, full)).toBeUndefined();
  expect(after({ put: ["D5"] }, full)).toMatchObject({ D5: 5 });
  const numbers = after({ retired: ["D3", "D97"], put: ["DRAIN", "TREES"] }, full);
  expect(numbers).toMatchObject({ DRAIN: 3, TREES: 97 });
  expect(after({ retired: ["D3"], put: ["DRAIN", "TREES"] }, full)).toBeUndefined();
});
