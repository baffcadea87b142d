import { items_max } from "./menu-items.ts";

/** An item of a menu and its number on it. */
interface Numbered {
  readonly code: string;
  readonly position: number;
}

/**
 * The numbers of a menu after a change. Numbering is stable, for people memorise it: an item keeps
 * its number and a new one comes last, also after those that end with the same change. Only when the
 * last number is taken are free ones below it given out again.
 * @param change codes that end, and codes that are put on the menu, known or new.
 * @returns number by code; undefined when there are more items than numbers.
 */
export function numbersAfter(
  items: readonly Numbered[],
  change: { readonly retired: readonly string[]; readonly put: readonly string[] },
): ReadonlyMap<string, number> | undefined {
  const kept = items.filter(({ code }) => !change.retired.includes(code));
  const numbers = new Map(kept.map(({ code, position }) => [code, position]));
  let last = Math.max(0, ...items.map(({ position }) => position));
  for (const code of change.put.filter((code) => !numbers.has(code))) {
    const number = last < items_max ? last + 1 : lowestFree(numbers);
    if (number === undefined) return undefined;
    last = Math.max(last, number);
    numbers.set(code, number);
  }
  return numbers;
}

function lowestFree(numbers: ReadonlyMap<string, number>): number | undefined {
  const taken = new Set(numbers.values());
  const all = Array.from({ length: items_max }, (_, at) => at + 1);
  return all.find((number) => !taken.has(number));
}
