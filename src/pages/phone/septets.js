// @ts-check
/** How long a screen is to the network: 160 GSM-7 septets, or 70 units when it needs UCS-2. */

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("^{}\\[~]|€\f");

/** @param {string} text */
export function measure(text) {
  const characters = [...text];
  const isGsm7 = characters.every((each) => BASIC.has(each) || EXTENDED.has(each));
  if (!isGsm7) return { length: text.length, budget: 70 };
  const escapes = characters.filter((each) => EXTENDED.has(each)).length;
  return { length: characters.length + escapes, budget: 160 };
}
