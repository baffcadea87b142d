import { createHmac, randomInt } from "node:crypto";
import { easy_words } from "./easy-words.ts";

// Without I, L, O, U, 0 and 1: they are misread on a small screen and misheard in a market.
const letters = "ABCDEFGHJKMNPQRSTVWXYZ";
const signs = `23456789${letters}`;

/**
 * The code of a claim or a proposal, `K7Q2`: a letter first, so that it is never taken for a PIN. It
 * proves nothing: confirming takes a manager's PIN, and voting a member's.
 */
export const newClaimCode = (): string => pick(letters) + pick(signs) + pick(signs) + pick(signs);

// Without 0 and 1, which are taken for letters.
const word_digits = "23456789";

const pick = (from: string): string => from.charAt(randomInt(from.length));

// Crockford's 32 signs: a receipt's code is derived from its journal, five bits a sign.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The code a receipt begins with, `SC7K2Q9P`: the last 35 random bits of the journal's UUIDv7. */
export function receiptCode(journal_id: string): string {
  const bits = BigInt(`0x${journal_id.replaceAll("-", "").slice(-9)}`);
  const sign = (at: number): string => crockford.charAt(Number((bits >> BigInt(5 * at)) & 31n));
  return `S${[6, 5, 4, 3, 2, 1, 0].map(sign).join("")}`;
}

/**
 * A redemption's code: six digits, so that a vendor can key it in on any phone and read it over a
 * noisy market. Its vendor has it by text, so that what proves the hand-over is the key alone.
 */
export const newRedemptionCode = (): string => digits(6);

/** Its handover key: five digits, so that nobody takes it for a PIN of four. */
export const newHandoverKey = (): string => digits(5);

const digits = (length: number): string =>
  Array.from({ length }, () => String(randomInt(10))).join("");

/**
 * A one-time word, `MANGO47`: a word that is soon typed on a keypad and like no keyword, and two digits,
 * so that it is no easier to guess than a PIN of four digits.
 */
export const newOneTimeWord = (): string =>
  (easy_words[randomInt(easy_words.length)] ?? "") + pick(word_digits) + pick(word_digits);

const letters_of_words = new Set(easy_words);

/** A one-time word as it was typed, in any case; undefined for what can be none. */
export function readOneTimeWord(typed: string): string | undefined {
  const [, word = "", figures = ""] = /^([a-z]+)-?([2-9]{2})$/i.exec(typed) ?? [];
  const read = word.toUpperCase();
  return letters_of_words.has(read) ? read + figures : undefined;
}

const one_time_words = new RegExp(
  `(?<!\\p{L})(?:${easy_words.join("|")})[^\\p{L}\\p{N}]{0,3}[2-9] ?[2-9](?!\\p{N})`,
  "giu",
);

/** A text without the one-time words in it, however they stand there. */
export const maskOneTimeWords = (text: string): string =>
  text.normalize("NFKC").replaceAll(one_time_words, "****");

/** What is kept of a redemption's code: a keyed digest, worth nothing to a reader of the database. */
export const codeDigest = (pepper: Buffer, code: string): Buffer =>
  createHmac("sha256", pepper).update("redemption-code:").update(code).digest();

/**
 * What is kept of its handover key. The order is in it: a key is no other order's, and equal keys are
 * not told by their digests.
 */
export const keyDigest = (pepper: Buffer, redemption_id: string, key: string): Buffer =>
  createHmac("sha256", pepper).update(`redemption-key:${redemption_id}:`).update(key).digest();
