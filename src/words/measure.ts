import { createRequire } from "node:module";
import { SegmentedMessage } from "sms-segments-calculator";

// The library's own alphabet, read once: a screen is measured on every turn, and building its
// segments each time would cost more than drawing it.
const alphabet = createRequire(import.meta.url)(
  "sms-segments-calculator/dist/libs/UnicodeToGSM.js",
) as { readonly default: Readonly<Record<number, readonly number[]>> };

export interface Length {
  readonly alphabet: "GSM-7" | "UCS-2";
  /** Septets in GSM-7 (a character like `[` or `€` counts two), UTF-16 units in UCS-2. */
  readonly units: number;
}

/** How long a text is on the air: one character outside GSM-7 makes all of it UCS-2. */
export function measure(text: string): Length {
  let septets = 0;
  for (const character of text) {
    const code = alphabet.default[character.codePointAt(0) ?? 0];
    if (code === undefined) return { alphabet: "UCS-2", units: text.length };
    septets += code.length;
  }
  return { alphabet: "GSM-7", units: septets };
}

/** Most units of one USSD screen, prefix included (africas-talking.md, "Length"), and of one text. */
const units_max = { "GSM-7": 160, "UCS-2": 70 };

/** Whether a USSD answer, `CON ` or `END ` included, can be shown whole on every network. */
export function fitsScreen(answer: string): boolean {
  const { alphabet: name, units } = measure(answer);
  return units <= units_max[name];
}

/**
 * How many texts the network will charge for. Where one may not be enough the library counts, sign
 * by sign: a tenth of all that the process does when every act is a receipt.
 */
export function segmentsOf(text: string): number {
  const { alphabet: name, units } = measure(text);
  return units <= units_max[name] ? 1 : new SegmentedMessage(text).segmentsCount;
}
