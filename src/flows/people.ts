import {
  earns,
  memberById,
  membersByName,
  membersByPhone,
  type Member,
} from "../domain/members.ts";
import { openPhone, phoneEnd, readPhone, sealPhone } from "../domain/phones.ts";
import type { Reading } from "../ussd/flow.ts";
import { choose, typed } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";

/** A person as a list shows them. */
export interface Person {
  readonly [key: string]: string;
  readonly id: string;
  readonly name: string;
  /** `..101`. */
  readonly end: string;
}

/** Most people one typed number or name is answered with. */
export type Found = readonly Person[];

export const personOf = ({ id, name, phone }: Member): Person => ({
  id,
  name,
  end: phoneEnd(phone),
});

/** Looked up by number or by a part of their name, as a manager may: those who are meant. */
const lookedUp = (isMeant: (found: Member) => boolean) =>
  typed<Caller, object, Found>({
    hints: ["nobody-found"],
    read: async (reply, call): Promise<Reading<Found>> => {
      const found = (await lookUp(call, reply)).filter(isMeant);
      return found.length === 0
        ? { type: "unread", hint: "nobody-found" }
        : { type: "read", value: found.map(personOf) };
    },
  });

export const somebody = lookedUp(() => true);

/** Neither a vendor nor a group. */
export const someEarner = lookedUp(earns);

/** By number, or by a part of the name. */
export async function lookUp(
  { trx, community }: Caller,
  typed: string,
): Promise<readonly Member[]> {
  const phone = readPhone(typed, community);
  if (phone !== undefined) return await membersByPhone(trx, community.id, phone);
  return typed.trim().length < 2 ? [] : await membersByName(trx, community.id, typed.trim());
}

/** Which of those found; settled where it is one. */
export const oneOfThem = choose<Caller, { readonly found: Found }, Person>({
  from: (_call, { found }) => found,
  line: ({ name, end }) => ({ name, end }),
  settled: (_call, { found }) => (found.length === 1 ? found[0] : undefined),
});

/** A phone number between two turns: sealed, for a session holds no whole number. */
export interface TypedPhone {
  readonly [key: string]: string;
  readonly sealed: string;
  /** `..101`, to be shown. */
  readonly end: string;
}

/** A phone number, of anybody. */
export const phoneNumber = typed<Caller, object, TypedPhone>({
  hints: ["not-a-phone"],
  read: (reply, { community, pepper }) => {
    const phone = readPhone(reply, community);
    if (phone === undefined) return { type: "unread", hint: "not-a-phone" };
    return { type: "read", value: { sealed: sealPhone(pepper, phone), end: phoneEnd(phone) } };
  },
});

/** The number that was typed. */
export const shownPhone = ({ pepper }: Caller, { sealed }: TypedPhone): string =>
  openPhone(pepper, sealed);

/** @throws when they have left since they were found: the call is begun again. */
export async function memberOf({ trx, community }: Caller, { id }: Person): Promise<Member> {
  const member = await memberById(trx, community.id, id);
  if (member === undefined) throw new Error("a person found in this call has left");
  return member;
}
