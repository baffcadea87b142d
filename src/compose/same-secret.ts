import { createHash, timingSafeEqual } from "node:crypto";

/** Compares secrets of any length in constant time. */
export const sameSecret = (given: string, wanted: string): boolean =>
  timingSafeEqual(sha256(given), sha256(wanted));

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
