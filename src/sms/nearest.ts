/** A word that may be meant, and what it stands for. */
export interface Meant<T> {
  readonly word: string;
  readonly of: T;
}

/**
 * What a typed word stands for: the word itself, else the one thing whose word is a single slip
 * away, a letter too many, too few, wrong, or two in the wrong order. Undefined where nothing is, or
 * where a second thing is as near: nobody's meaning is guessed at between two.
 * @param length_min shorter words are not guessed at.
 */
export function nearest<T>(
  typed: string,
  known: readonly Meant<T>[],
  length_min: number,
): T | undefined {
  const exact = known.find(({ word }) => word === typed);
  if (exact !== undefined) return exact.of;
  // A number is never a slip of anything.
  if (!/\p{L}/u.test(typed)) return undefined;
  const near = known.filter(({ word }) => word.length >= length_min && isOneSlip(typed, word));
  const things = new Set(near.map(({ of }) => of));
  return things.size === 1 ? near[0]?.of : undefined;
}

function isOneSlip(typed: string, wanted: string): boolean {
  const [a, b] = [Array.from(typed), Array.from(wanted)];
  if (Math.abs(a.length - b.length) > 1) return false;
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same += 1;
  const from = (letters: readonly string[], at: number): string => letters.slice(at).join("");
  if (a.length > b.length) return from(a, same + 1) === from(b, same);
  if (a.length < b.length) return from(a, same) === from(b, same + 1);
  const swapped = a[same] === b[same + 1] && a[same + 1] === b[same];
  return (
    from(a, same + 1) === from(b, same + 1) || (swapped && from(a, same + 2) === from(b, same + 2))
  );
}
