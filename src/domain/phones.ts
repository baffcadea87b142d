import { parsePhoneNumberFromString, type CountryCode, type PhoneNumber } from "libphonenumber-js";
import { seal, sealingKey, unseal } from "../outbox/seal.ts";
import type { Community } from "./communities.ts";

/**
 * A phone number as people write it, `0711 000 101` or `+254711000101`, in E.164; undefined when it
 * cannot be one. A number without a country code is read as of the community's country.
 */
export function readPhone(typed: string, { country }: Community): string | undefined {
  const parsed = parsedPhone(typed, country);
  return parsed?.isPossible() === true ? parsed.number : undefined;
}

/**
 * Whether digits that were typed are a whole number of their country, or only as long as one may be:
 * people space numbers out, and what follows may be digits too.
 */
export function phoneStanding(
  typed: string,
  { country }: Pick<Community, "country">,
): "whole" | "perhaps" | undefined {
  const parsed = parsedPhone(typed, country);
  if (parsed?.isPossible() !== true) return undefined;
  return parsed.isValid() ? "whole" : "perhaps";
}

function parsedPhone(typed: string, country: string): PhoneNumber | undefined {
  if (!/^[+\d][\d\s()./-]{5,20}$/.test(typed)) return undefined;
  // A phone without a plus key: 00 or the bare country code.
  const plain = typed.replace(/^00/, "+");
  return parsePhoneNumberFromString(plain, country as CountryCode);
}

/** `..101`: enough to recognise a number by, not enough to call it. */
export const phoneEnd = (phone: string): string => `..${phone.slice(-3)}`;

const in_session = { community_id: "", id: "a session's number", recipient: "" };

/** A number as a session may keep it between two turns. */
export const sealPhone = (pepper: Buffer, phone: string): string =>
  seal(sealingKey(pepper), in_session, phone).toString("base64");

/** @throws when it was sealed under another pepper: the call is begun again. */
export function openPhone(pepper: Buffer, sealed: string): string {
  const phone = unseal(sealingKey(pepper), in_session, Buffer.from(sealed, "base64"));
  if (phone === undefined) throw new Error("a number in a session cannot be opened");
  return phone;
}
