import { nearest } from "../sms/nearest.ts";

/** An item of the Earning or the Redeeming Menu as a text names it. */
interface Item {
  readonly code: string;
  readonly position: number;
  /** In the reader's language. */
  readonly name: string;
}

/** Words of two letters are too like each other to be guessed at. */
const guessed_length_min = 3;

/** The item meant by its word, a slip of the thumb forgiven, or by its number in the list. */
export function itemMeant<T extends Item>(items: readonly T[], said: string): T | undefined {
  const known = items.map((item) => ({ word: item.code, of: item }));
  return /^\d+$/.test(said)
    ? (items.find(({ code }) => code === said) ??
        items.find(({ position }) => position === Number(said)))
    : nearest(said, known, guessed_length_min);
}

/**
 * How a text may list a menu: number, word, name and value; where that is too long, the names alone
 * for those who read another script than the words are in, else the words alone.
 */
export function waysToList<T extends Item>(
  items: readonly T[],
  valueOf: (item: T) => number | string,
): readonly ((item: T) => string)[] {
  const named = (item: T): string => `${item.position} ${item.name} ${valueOf(item)}`;
  const otherScript = items.some(({ name }) => /[^\p{Script=Latin}\p{Script=Common}]/u.test(name));
  return [
    (item) => `${item.position} ${item.code} ${item.name} ${valueOf(item)}`,
    ...(otherScript ? [named] : []),
    (item) => `${item.position} ${item.code} ${valueOf(item)}`,
  ];
}
