/**
 * A text as it may be stored or logged: every run of four digits or more is gone, also where it is
 * spaced out or glued to a word, and so every PIN and every phone number (R29).
 */
export function wipe(text: string): string {
  return text
    .replaceAll(/(?<![\p{L}\p{Nd}])\p{Nd}(?:[\s.\-_]*\p{Nd}){3,}/gu, "****")
    .replaceAll(/\p{Nd}{4,}/gu, "****");
}
