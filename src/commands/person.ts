import { isSameFirstName, membersByPhone, type Member } from "../domain/members.ts";
import { namesOf } from "./send.ts";
import type { Texter } from "./texter.ts";

/** Why nobody is found at a phone, or that the first name must say which of several is meant. */
type NotFound =
  | { readonly type: "nobody-found" }
  | { readonly type: "several"; readonly fields: { readonly names: string } };

/** The texts that answer it. */
export const personAnswers = {
  "nobody-found": "nobody-found",
  several: "which-of-several",
} as const;

interface Spec {
  readonly phone: string;
  readonly name: string | undefined;
  /** Who can be meant at all; anybody, where it is not said. */
  readonly among?: (member: Member) => boolean;
}

/** Whoever is at a phone; where it serves several, the one with this first name. */
export async function personAt(
  { trx, community }: Texter,
  { phone, name, among = () => true }: Spec,
): Promise<{ readonly type: "found"; readonly member: Member } | NotFound> {
  const there = (await membersByPhone(trx, community.id, phone)).filter(among);
  const meant =
    name === undefined ? there : there.filter((member) => isSameFirstName(name, member.name));
  const [member, ...others] = meant;
  if (member === undefined) return { type: "nobody-found" };
  if (others.length > 0) return { type: "several", fields: { names: namesOf(meant) } };
  return { type: "found", member };
}
