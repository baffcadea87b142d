import type { Say } from "../domain/context.ts";
import { segmentsOf } from "../words/measure.ts";
import type { Words } from "../words/words.ts";

/** Puts texts into words, and counts what they cost to send. */
export const sayIn =
  (words: Words): Say =>
  (language, texts, fields) => {
    const text = texts.map((key) => words.say(language, key, fields)).join(" ");
    return { text, segments: segmentsOf(text) };
  };
