import { labelOf } from "../../domain/claims.ts";
import type { Community } from "../../domain/communities.ts";
import type { Say } from "../../domain/context.ts";
import { nameIn, type Names } from "../../domain/deeds.ts";
import type { RawLine } from "./lines.ts";

const words = [
  ...[
    "title",
    "when",
    "what",
    "in",
    "out",
    "balance",
    "opening",
    "closing",
    "held",
    "page",
    "made",
  ],
  ...["earned", "sent", "received", "cash", "given-up", "brought-over", "corrected", "other"],
] as const;

export type Word = (typeof words)[number];

/** The texts that a printed book is made of, by their keys in menus/words. */
export const bookTexts: readonly string[] = words.map((word) => `printed.${word}`);

/** Says the words of a book in one language. */
export const speaker =
  (say: Say, language: string) =>
  (word: Word, fields: Parameters<Say>[2] = {}): string =>
    say(language, [`printed.${word}`], fields).text;

interface Reader {
  readonly community: Community;
  readonly say: Say;
  /** Whose book it is. */
  readonly language: string;
}

/** What happened on a line, in the words of whose book it is; a sensitive deed has a neutral label. */
export function whatHappened(line: RawLine, reader: Reader): string {
  const speak = speaker(reader.say, reader.language);
  const did = act(line, reader);
  return line.reverses === null ? did : speak("corrected", { name: did });
}

function act(line: RawLine, reader: Reader): string {
  const { kind, deed, sensitive, reward, cash, other } = line;
  const { community, say, language } = reader;
  const speak = speaker(say, language);
  switch (kind) {
    case "earning":
      if (deed === null) return speak("earned");
      return labelOf({ community, say }, { name: deed, sensitive: sensitive === true }, reader);
    case "redemption": {
      const name = reward === null ? speak("other") : nameIn(reward as Names, language, community);
      return other === null ? name : `${name}, ${other}`;
    }
    case "transfer": {
      // What undoes a sending gives it back.
      const sent = line.amount < 0 === (line.reverses === null);
      return speak(sent ? "sent" : "received", { other: other ?? "-" });
    }
    case "cash-out":
      return speak("cash", { cash: cash ?? "-" });
    case "forfeit":
      return speak("given-up");
    case "opening":
      return speak("brought-over");
    default:
      return speak("other");
  }
}
