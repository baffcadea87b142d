import type { Account } from "../domain/callers.ts";
import type { Claim } from "../domain/claims.ts";
import { disputesToDecide } from "../domain/disputes.ts";
import { waitingJoins } from "../domain/joining.ts";
import { isSameFirstName } from "../domain/members.ts";
import { pinPlace } from "../domain/notify.ts";
import { askedChanges } from "../domain/numbers.ts";
import { fitList, fitsText } from "../sms/fit.ts";
import {
  command,
  menuWord,
  nameWord,
  optional,
  pinWord,
  withShort,
  type Outcome,
} from "../sms/grammar.ts";
import { asOldest, managerAnswers, roleAnswers, withPinAndName, type Texter } from "./sender.ts";
import { allWords, claimsByDeed, deedMeant, total, wordOf, type DeedClaims } from "./waiting.ts";

const told = {
  claims: "list.claims",
  deed: "list.deed",
  deeds: "list.deeds",
  empty: "list.empty",
  none: "list.none",
  join: "list.join",
  number: "list.number",
  dispute: "list.dispute",
} as const;

/**
 * `LIST`: what waits for a manager. The claims by their codes while one text holds them all, else how
 * many there are of each deed; and how many requests to join, new numbers and disputes wait. `LIST
 * <deed>` shows the claims of one deed, and `LIST JOIN`, `NUMBER` or `DISPUTE` the others.
 */
const waiting = command(
  "list",
  { what: optional(menuWord) },
  ({ what }, texter: Texter) =>
    asOldest(texter, "manager", (manager) => listWaiting(texter, manager, what)),
  { ...roleAnswers, ...told },
);

/**
 * Also `LIST <first name> <PIN>`: a manager who was silent for long says who they are, and goes on as
 * before (R28).
 */
export const list = withShort(
  waiting,
  { name: nameWord, pin: pinWord },
  async ({ name, pin }, texter: Texter) => {
    const isSilent = ({ idle, name: own }: Account): boolean => idle && isSameFirstName(name, own);
    // Where texts carry no PIN, any other word is of what waits.
    if (pin === null && !texter.accounts.some(isSilent))
      return await asOldest(texter, "manager", (manager) =>
        listWaiting(texter, manager, name.toUpperCase()),
      );
    return await withPinAndName(texter, { role: "manager", name, pin }, (manager) =>
      listWaiting(texter, manager, undefined),
    );
  },
  { ...managerAnswers, "name-says-who": "name-says-who", ...told },
);

async function listWaiting(texter: Texter, manager: Account, what: string | undefined) {
  if (what === undefined) return await listAll(texter, manager);
  const { languages } = texter.community;
  const named = texter.keywords.named({ language: manager.language, languages }, what);
  const kind = kinds.find((kind) => kind === named);
  if (kind !== undefined) return await listKind(texter, manager, kind);
  const group = deedMeant(await claimsByDeed(texter, manager), what);
  return group === undefined
    ? { type: "none" as const }
    : listDeed(texter, { manager, others: "" }, group);
}

/** What waits besides claims, by the command whose keyword shows it. */
const kinds = ["join", "number", "dispute"] as const;

type Kind = (typeof kinds)[number];

/** What waits of a kind, the oldest first, each as it is listed. */
async function waitingOf(texter: Texter, manager: Account, kind: Kind): Promise<readonly string[]> {
  switch (kind) {
    case "join":
      return (await waitingJoins(texter, manager)).map(({ end, name }) => `${end} ${name}`);
    case "number":
      return (await askedChanges(texter, manager)).map(({ name, end }) => `${name} ${end}`);
    case "dispute":
      return (await disputesToDecide(texter, manager)).map(
        ({ receipt, name, moved }) => `${receipt} ${name} ${moved}`,
      );
  }
}

async function listKind(texter: Texter, manager: Account, kind: Kind) {
  const lines = await waitingOf(texter, manager, kind);
  if (lines.length === 0) return { type: "none" as const };
  const waiting = fitList(lines, {
    ways: [(line) => line],
    text: (shown) => textOf(texter, { manager, others: "" }, `list.${kind}`, { waiting: shown }),
  });
  return { type: kind, fields: { waiting } };
}

/** Who reads a list, and what else waits: `JOIN 2, DISPUTE 1`; empty where nothing does. */
interface Reading {
  readonly manager: Account;
  readonly others: string;
}

async function listAll(texter: Texter, manager: Account) {
  const groups = await claimsByDeed(texter, manager);
  const reading = { manager, others: await othersWaiting(texter, manager) };
  const [first, ...more] = groups;
  if (first === undefined) return withOthers(reading, { type: "empty" as const, fields: {} });
  if (more.length === 0) return listDeed(texter, reading, first);
  const claims = groups
    .flatMap((group) => group.claims)
    .map((claim) => `${claim.code} ${claim.member_name} ${wordOf(claim)} ${claim.value}`)
    .join(", ");
  if (fitsText(textOf(texter, reading, "list.claims", { claims })))
    return withOthers(reading, { type: "claims" as const, fields: { claims } });
  const all = shownAll(texter, manager);
  const deeds = fitList(groups, {
    ways: [
      ({ word, name, claims }) => `${word} ${name}: ${claims.length} (${total(claims)})`,
      ({ word, claims }) => `${word}: ${claims.length} (${total(claims)})`,
    ],
    text: (deeds) => textOf(texter, reading, "list.deeds", { deeds, all }),
  });
  return withOthers(reading, { type: "deeds" as const, fields: { deeds, all } });
}

function listDeed(texter: Texter, reading: Reading, { word, name, claims }: DeedClaims) {
  const all = shownAll(texter, reading.manager);
  const line = ({ code, member_name, value }: Claim) => `${code} ${member_name} ${value}`;
  const text = (deed: string, claims: string) =>
    textOf(texter, reading, "list.deed", { deed, word, all, claims });
  const [named, whole] = [`${word} ${name}`, claims.map(line).join(", ")];
  // The name gives way to the claims.
  const deed = fitsText(text(named, whole)) ? named : word;
  const list = fitList(claims, { ways: [line], text: (shown) => text(deed, shown) });
  return withOthers(reading, { type: "deed" as const, fields: { deed, word, all, claims: list } });
}

async function othersWaiting(texter: Texter, manager: Account): Promise<string> {
  const counts: string[] = [];
  for (const kind of kinds) {
    const { length } = await waitingOf(texter, manager, kind);
    if (length > 0) counts.push(`${texter.keywords.shown(manager.language, kind)} ${length}`);
  }
  return counts.join(", ");
}

const others_text = "list.others";

/** Texts that are said of what waits, besides the answers of commands. */
export const waitingTexts = [others_text, "list.all"];

/** An answer, with what else waits said after it. */
const withOthers = <O extends Outcome>({ others }: Reading, outcome: O) =>
  others === ""
    ? outcome
    : { ...outcome, fields: { ...outcome.fields, others }, then: others_text };

const textOf = (
  { say, community }: Texter,
  { manager, others }: Reading,
  key: string,
  fields: Readonly<Record<string, string>>,
): string =>
  say(manager.language, others === "" ? [key] : [key, others_text], {
    ...pinPlace(community),
    ...{ ...fields, others },
  }).text;

const shownAll = ({ say }: Texter, { language }: Account): string =>
  allWords(say, language)[0] ?? "";
