import { hashPin, isEasyPin, matchesHash } from "../domain/pins.ts";
import { newPin, samePin } from "../ussd/questions.ts";
import type { Visitor } from "./call.ts";

/** A new PIN, none that is easy to guess (R27); what is kept of it until the act is its hash. */
export const freshPin = newPin<Visitor, object>({
  tooEasy: ({ phone }, digits) => isEasyPin(digits, phone),
  hash: ({ pepper }, digits) => hashPin(digits, pepper),
});

export const samePinAgain = samePin<Visitor, { readonly pin: string }>(
  ({ pepper }, digits, { pin }) => matchesHash(pin, digits, pepper),
);
