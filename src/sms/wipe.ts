/**
 * A text as it may be stored or logged: every run of four digits or more is gone, also where it is
 * spaced out or glued to a word, and so every PIN and every phone number (R29).
 */
export function wipe(text: string): string {
  return text
    .normalize("NFKC")
    .replaceAll(codeOrRun, (found, code?: string) => (code === undefined ? "****" : found));
}

/** A claim's code, which stays; or four digits and more with nothing but signs and spaces between. */
const codeOrRun =
  /(?<![\p{L}\p{N}])([A-HJKMNP-TV-Z][2-9A-HJKMNP-TV-Z]{3})(?![\p{L}\p{N}])|\p{Nd}(?:[^\p{L}\p{N}]*\p{Nd}){3,}/giu;
