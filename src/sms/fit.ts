import { measure } from "../words/measure.ts";

/** One text in GSM-7; two where another script halves the room. */
const units_max = { "GSM-7": 160, "UCS-2": 134 };

/** Whether a text goes as one, or in another script as two. */
export function fitsText(text: string): boolean {
  const { alphabet, units } = measure(text);
  return units <= units_max[alphabet];
}

/**
 * Puts a list into a text: in the first of the ways to write its items in which all of them have
 * room, else in the last, cut where an item ends, with how many more there are: `K7Q2, W3E4 +74`.
 * @param text the whole text around a list; it must have room with an empty one.
 * @param rest what is said of those that have no room.
 */
export function fitList<T>(
  items: readonly T[],
  {
    ways,
    text,
    rest = (count) => ` +${count}`,
  }: {
    ways: readonly ((item: T) => string)[];
    text: (list: string) => string;
    rest?: (count: number) => string;
  },
): string {
  for (const way of ways) {
    const whole = items.map(way).join(", ");
    if (fitsText(text(whole))) return whole;
  }
  const shortest = ways.at(-1);
  const lines = shortest === undefined ? [] : items.map(shortest);
  for (let count = lines.length - 1; count > 0; count -= 1) {
    const cut = lines.slice(0, count).join(", ") + rest(lines.length - count);
    if (fitsText(text(cut))) return cut;
  }
  return "";
}
