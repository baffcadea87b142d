import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import type { Reader } from "../db/database.ts";
import { deleteOldest } from "../db/forget.ts";
import type { Context } from "./context.ts";
import { keeperAt, managersOf, membersByPhone, type Member } from "./members.ts";
import { takeIn } from "./newcomers.ts";
import { notify } from "./notify.ts";
import { phoneEnd } from "./phones.ts";

/** Somebody who asks to be let in (R26), or one whose guardian asks for them (R30). */
export interface JoinRequest {
  readonly [key: string]: string;
  readonly id: string;
  readonly name: string;
  /** `..101`. */
  readonly end: string;
}

/**
 * Most that may wait in a community, that one phone may ask for in a day, and that all may ask for in
 * an hour: nobody who asks is known, and each request is a text to every manager.
 */
const waiting_max = 500;
const asked_a_day_max = 5;
const asked_an_hour_max = 120;
const name_length_max = 24;

/** A name as it was typed, tidied; undefined when it cannot be one. */
export function readName(typed: string): string | undefined {
  const name = typed.normalize("NFC").replaceAll(/\s+/gu, " ").trim();
  if (name.length < 2 || name.length > name_length_max) return undefined;
  return /^\p{L}[\p{L}\p{M}'’.\- ]*$/u.test(name) ? name : undefined;
}

export type Asked =
  | { readonly type: "asked"; readonly fields: { readonly name: string } }
  | { readonly type: "asked-before"; readonly fields: { readonly name: string } }
  | { readonly type: "too-many-asked" };

/**
 * Asks the managers to let somebody in. Asking again while a request waits makes no second one.
 */
export async function askToJoin(
  context: Context,
  spec: {
    once: string;
    phone: string;
    name: string;
    language: string;
    guardian: Member | null;
  },
): Promise<Asked> {
  const { trx, community, now } = context;
  const guardian_id = spec.guardian?.id ?? null;
  const known = await trx
    .selectFrom("join_request")
    .select("name")
    .where("community_id", "=", community.id)
    .where("phone", "=", spec.phone)
    .where("state", "=", "waiting")
    .where("guardian_id", guardian_id === null ? "is" : "=", guardian_id)
    .$if(guardian_id !== null, (query) => query.where("name", "=", spec.name))
    .executeTakeFirst();
  if (known !== undefined) return { type: "asked-before", fields: { name: known.name } };
  if (await isCrowded(context, spec.phone)) return { type: "too-many-asked" };
  await trx
    .insertInto("join_request")
    .values({
      community_id: community.id,
      id: uuid(),
      once: spec.once,
      phone: spec.phone,
      name: spec.name,
      language: spec.language,
      guardian_id,
      asked_at: now,
    })
    .execute();
  const managers = await managersOf(trx, community.id);
  await notify(
    context,
    managers
      .filter(({ id }) => id !== guardian_id)
      .map((to) => ({
        to,
        purpose: "request",
        text: community.ussd_code === null ? "join-waiting-sms" : "join-waiting",
        fields: { name: spec.name, end: phoneEnd(spec.phone) },
      })),
  );
  return { type: "asked", fields: { name: spec.name } };
}

/** Whether this phone, or everybody together, has asked for more than managers can look at. */
async function isCrowded({ trx, community, now }: Context, phone: string): Promise<boolean> {
  // Each by an index of its own: of those decided long ago there may be thousands.
  const here = trx
    .selectFrom("join_request")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("community_id", "=", community.id);
  const since = (ms: number): Date => new Date(now.getTime() - ms);
  const { waiting, today, hour } = await trx
    .selectNoFrom([
      here.where("state", "=", "waiting").as("waiting"),
      here.where("phone", "=", phone).where("asked_at", ">", since(86_400_000)).as("today"),
      here.where("asked_at", ">", since(3_600_000)).as("hour"),
    ])
    .executeTakeFirstOrThrow();
  return (
    Number(waiting) >= waiting_max ||
    Number(today) >= asked_a_day_max ||
    Number(hour) >= asked_an_hour_max
  );
}

/** Most requests that one list is made of. */
const listed_max = 60;

/** Who waits to be let in, the longest first; a manager's own household is another's to admit. */
export async function waitingJoins(
  { trx, community }: Context,
  manager: Member,
  most = listed_max,
): Promise<readonly JoinRequest[]> {
  const rows = await trx
    .selectFrom("join_request")
    .select(["id", "name", "phone"])
    .where("community_id", "=", community.id)
    .where("state", "=", "waiting")
    .where((eb) => eb.or([eb("guardian_id", "is", null), eb("guardian_id", "!=", manager.id)]))
    .orderBy("asked_at")
    .limit(most)
    .execute();
  return rows.map(({ phone, ...row }) => ({ ...row, end: phoneEnd(phone) }));
}

export type Joined =
  | { readonly type: "enrolled"; readonly fields: { readonly name: string } }
  | { readonly type: "declined"; readonly fields: { readonly name: string } }
  | { readonly type: "no-such-request" }
  /** The phone serves as many accounts as it may. */
  | { readonly type: "phone-full"; readonly fields: { readonly count: number } }
  | { readonly type: "known-here"; readonly fields: { readonly name: string } };

/** Lets somebody in who asked, or declines; they are told either way. */
export async function decideJoin(
  context: Context,
  spec: { manager: Member; request_id: string; admits: boolean },
): Promise<Joined> {
  const { trx, community, now } = context;
  const { manager, admits } = spec;
  const request = await trx
    .selectFrom("join_request")
    .select(["id", "name", "phone", "language", "guardian_id"])
    .where("community_id", "=", community.id)
    .where("id", "=", spec.request_id)
    .where("state", "=", "waiting")
    .forUpdate()
    .executeTakeFirst();
  if (request === undefined || request.guardian_id === manager.id)
    return { type: "no-such-request" };
  const { id, ...person } = request;
  const joined = admits
    ? await takenIn(context, { ...person, roles: ["member"], manager })
    : undefined;
  if (joined?.type === "phone-full") return joined;
  await trx
    .updateTable("join_request")
    .set({ state: admits ? "admitted" : "declined", decided_at: now, decided_by: manager.id })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .execute();
  if (joined !== undefined) return joined;
  await notify(context, [
    { to: { ...person, id: null }, purpose: "answer", text: "join-declined", fields: {} },
  ]);
  return { type: "declined", fields: { name: person.name } };
}

/** How a manager who was texted of a request names it: the end of the number, and the name. */
interface ByEnd {
  readonly manager: Member;
  readonly end: string;
  readonly name: string;
}

/** Lets somebody in by what a manager was texted of them. */
export async function admitByEnd(
  context: Context,
  by: ByEnd,
): Promise<Exclude<Joined, { readonly type: "declined" }>> {
  const joined = await decideByEnd(context, by, true);
  assert(joined.type !== "declined", "who is let in is not declined");
  return joined;
}

/** Declines somebody by what a manager was texted of them. */
export async function declineByEnd(
  context: Context,
  by: ByEnd,
): Promise<Extract<Joined, { readonly type: "declined" | "no-such-request" }>> {
  const joined = await decideByEnd(context, by, false);
  assert(joined.type === "declined" || joined.type === "no-such-request", "nobody is let in");
  return joined;
}

/** Two of one name and end cannot be told apart so, and wait for a manager who dials. */
async function decideByEnd(
  context: Context,
  { manager, end, name }: ByEnd,
  admits: boolean,
): Promise<Joined> {
  const waiting = await waitingJoins(context, manager, waiting_max);
  const meant = waiting.filter(
    (request) => request.end === phoneEnd(end) && request.name.toLowerCase() === name.toLowerCase(),
  );
  const [request] = meant;
  if (request === undefined || meant.length > 1) return { type: "no-such-request" };
  return await decideJoin(context, { manager, request_id: request.id, admits });
}

type Taken = Exclude<Joined, { readonly type: "declined" | "no-such-request" }>;

/** Enrols a person: they choose their PIN at their first dial, and are told how (R26). */
export const enrol = (
  context: Context,
  spec: { manager: Member; phone: string; name: string; language: string },
): Promise<Taken> => takenIn(context, { ...spec, guardian_id: null, roles: ["member"] });

/**
 * Enrols a group (R16): one more account that a phone serves, with a PIN of its own. Whoever has the
 * phone keeps it, and its texts are in their language.
 */
export async function enrolGroup(
  context: Context,
  spec: { manager: Member; phone: string; name: string },
): Promise<Taken> {
  const { trx, community } = context;
  const keeper = await keeperAt(trx, community.id, spec.phone);
  const language = keeper?.language ?? community.languages[0] ?? "en";
  const guardian_id = keeper?.id ?? null;
  return await takenIn(context, { ...spec, language, guardian_id, roles: ["group"] });
}

async function takenIn(
  context: Context,
  { manager, ...person }: Omit<Member, "id"> & { manager: Member },
): Promise<Taken> {
  const taken = await takeIn(context, { actor: `member:${manager.id}`, person });
  switch (taken.type) {
    case "taken-in":
      return { type: "enrolled", fields: { name: person.name } };
    case "known-here":
      return { type: "known-here", fields: { name: taken.name } };
    case "phone-full":
      return { type: "phone-full", fields: { count: taken.count } };
  }
}

/** The accounts whose guardian somebody is, by name. */
export async function householdOf(
  { trx, community }: Context,
  guardian: Member,
): Promise<readonly string[]> {
  const there = await membersByPhone(trx, community.id, guardian.phone);
  return there.filter((account) => account.guardian_id === guardian.id).map(({ name }) => name);
}

const forgotten_after_ms = 30 * 86_400_000;
const forgotten_at_once = 1_000;

/**
 * Forgets who asked to join a month after it was decided: who was let in is a member, and who was not
 * is nobody's to keep. @returns how many.
 */
export const forgetJoinRequests = (db: Reader, now: Date): Promise<number> =>
  deleteOldest(db, "join_request", {
    key: ["community_id", "id"],
    by: "decided_at",
    before: new Date(now.getTime() - forgotten_after_ms),
    at_once: forgotten_at_once,
  });
