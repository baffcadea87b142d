import { labelOf, waitingClaims, type Claim } from "../domain/claims.ts";
import type { Member } from "../domain/members.ts";
import { itemMeant } from "./menu.ts";
import type { Texter } from "./texter.ts";

/** The waiting claims of one deed: eighty people at one clean-up are one group (R9). */
export interface DeedClaims {
  /**
   * What a text calls the deed, and a manager texts for it: its word, or where it is sensitive its
   * number on the menu, which names nothing (R6).
   */
  readonly word: string;
  /** Its name, or where it is sensitive a neutral label. */
  readonly name: string;
  readonly code: string;
  readonly position: number;
  readonly claims: readonly Claim[];
}

/** What waits for a manager, by deed, the oldest claim first. */
export async function claimsByDeed(
  texter: Texter,
  manager: Member,
): Promise<readonly DeedClaims[]> {
  const groups = Map.groupBy(await waitingClaims(texter, manager), wordOf);
  return [...groups].flatMap(([word, claims]) => {
    const [first] = claims;
    if (first === undefined) return [];
    const { deed_code: code, position, sensitive } = first;
    const name = sensitive ? labelOf(texter, { name: {}, sensitive }, manager) : first.deed;
    return [{ word, name, code, position, claims }];
  });
}

export const wordOf = ({ sensitive, position, deed_code }: Claim): string =>
  sensitive ? String(position) : deed_code;

/** The deed named by what the list calls it, by its word or by its number; nothing is guessed at. */
const deedNamed = (groups: readonly DeedClaims[], said: string): DeedClaims | undefined =>
  groups.find(({ word }) => word === said) ??
  groups.find(({ code, position }) => code === said || String(position) === said);

/** As `deedNamed`, a slip of the thumb forgiven. */
export const deedMeant = (groups: readonly DeedClaims[], said: string): DeedClaims | undefined =>
  deedNamed(groups, said) ?? itemMeant(groups, said);

/** Whether a word says that all claims of a deed are meant, in any language spoken here. */
export const isAll = ({ say, community }: Texter, said: string): boolean =>
  [...community.languages, "en"].some((language) =>
    allWords(say, language).includes(said.toLocaleUpperCase()),
  );

/** `ALL`, as it is texted; the first is the one that is shown. */
export const allWords = (say: Texter["say"], language: string): readonly string[] =>
  say(language, ["list.all"], {}).text.split(" ");

/** The codes of all the claims that wait for a deed; undefined where none does. */
export async function codesOfDeed(
  texter: Texter,
  manager: Member,
  said: string,
): Promise<readonly string[] | undefined> {
  const found = deedNamed(await claimsByDeed(texter, manager), said);
  return found?.claims.map(({ code }) => code);
}

/** iSoCCs. */
export const total = (claims: readonly Claim[]): number =>
  claims.reduce((sum, { value }) => sum + value, 0);
