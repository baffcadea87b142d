import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import type { Writer } from "../db/database.ts";
import { audit } from "./audit.ts";
import type { Community } from "./communities.ts";
import type { Context } from "./context.ts";
import { momentIn } from "./format.ts";
import {
  accounts_max,
  isOwn,
  keeperAt,
  kindOf,
  memberById,
  membersByPhone,
  type Member,
} from "./members.ts";
import { notify } from "./notify.ts";
import { phoneEnd } from "./phones.ts";

/** A member's move to another number that has not taken effect (R28). */
export interface NumberChange {
  readonly [key: string]: string;
  readonly id: string;
  readonly name: string;
  /** `..101`: the end of the new number. */
  readonly end: string;
}

export type NumberAsked =
  | { readonly type: "number-asked"; readonly fields: { readonly end: string } }
  | { readonly type: "same-number" }
  /** One is under way: it is stopped before another is asked for. */
  | { readonly type: "number-pending"; readonly fields: { readonly end: string } }
  | { readonly type: "phone-full"; readonly fields: { readonly count: number } };

/** A member asks to move to another number; a manager has to witness it. */
export async function askNumberChange(
  context: Context,
  spec: { once: string; member: Member; new_phone: string },
): Promise<NumberAsked> {
  const refused = await refusalOf(context, spec);
  if (refused !== undefined) return refused;
  await insertChange(context, spec);
  return { type: "number-asked", fields: { end: phoneEnd(spec.new_phone) } };
}

async function insertChange(
  { trx, community, now }: Context,
  { once, member, new_phone }: { once: string; member: Member; new_phone: string },
  witnessed?: { state: "witnessed"; witness_id: string; due_at: Date },
): Promise<void> {
  await trx
    .insertInto("number_change")
    .values({
      ...witnessed,
      community_id: community.id,
      id: uuid(),
      once,
      member_id: member.id,
      old_phone: member.phone,
      new_phone,
      asked_at: now,
    })
    .execute();
}

export type Witnessed =
  | {
      readonly type: "witnessed";
      readonly fields: { readonly name: string; readonly end: string; readonly when: string };
    }
  | { readonly type: "no-such-change" }
  | { readonly type: "own-account" }
  | Exclude<NumberAsked, { readonly type: "number-asked" }>;

/** A manager witnesses a change that a member asked for: it takes effect after the delay. */
export async function witnessNumberChange(
  context: Context,
  { manager, change_id }: { manager: Member; change_id: string },
): Promise<Witnessed> {
  const { trx, community, now } = context;
  const change = await trx
    .selectFrom("number_change")
    .select(["id", "member_id", "new_phone"])
    .where("community_id", "=", community.id)
    .where("id", "=", change_id)
    .where("state", "=", "asked")
    .forUpdate()
    .executeTakeFirst();
  const member = change && (await memberById(trx, community.id, change.member_id));
  if (change === undefined || member === undefined) return { type: "no-such-change" };
  if (isOwn(manager, member)) return { type: "own-account" };
  await trx
    .updateTable("number_change")
    .set({ state: "witnessed", witness_id: manager.id, due_at: dueAt(community, now) })
    .where("community_id", "=", community.id)
    .where("id", "=", change.id)
    .execute();
  return await tellWitnessed(context, { manager, member, new_phone: change.new_phone });
}

/** A manager moves a member whose phone is lost to another number, after the same delay. */
export async function startNumberChange(
  context: Context,
  spec: { once: string; manager: Member; member: Member; new_phone: string },
): Promise<Witnessed> {
  const { community, now } = context;
  const { manager, member, new_phone } = spec;
  if (isOwn(manager, member)) return { type: "own-account" };
  const refused = await refusalOf(context, spec);
  if (refused !== undefined) return refused;
  await insertChange(context, spec, {
    state: "witnessed",
    witness_id: manager.id,
    due_at: dueAt(community, now),
  });
  return await tellWitnessed(context, { manager, member, new_phone });
}

/**
 * A manager has a member before them who moves to this number: witnesses the change where the member
 * has asked for it, else starts it.
 */
export async function moveNumber(
  context: Context,
  spec: { once: string; manager: Member; member: Member; new_phone: string },
): Promise<Exclude<Witnessed, { readonly type: "no-such-change" }>> {
  const { trx, community } = context;
  const { manager, member, new_phone } = spec;
  const asked = await trx
    .selectFrom("number_change")
    .select("id")
    .where("community_id", "=", community.id)
    .where("member_id", "=", member.id)
    .where("new_phone", "=", new_phone)
    .where("state", "=", "asked")
    .executeTakeFirst();
  const witnessed = asked && (await witnessNumberChange(context, { manager, change_id: asked.id }));
  if (witnessed !== undefined && witnessed.type !== "no-such-change") return witnessed;
  const started = await startNumberChange(context, spec);
  assert(started.type !== "no-such-change", "a change is started, whether there was one or not");
  return started;
}

async function refusalOf(
  { trx, community }: Context,
  { member, new_phone }: { member: Member; new_phone: string },
): Promise<Exclude<NumberAsked, { readonly type: "number-asked" }> | undefined> {
  if (member.phone === new_phone) return { type: "same-number" };
  const [pending] = await openChanges({ trx, community }, member);
  if (pending !== undefined) return { type: "number-pending", fields: { end: pending.end } };
  const there = await membersByPhone(trx, community.id, new_phone);
  if (there.length >= accounts_max) return { type: "phone-full", fields: { count: there.length } };
  return undefined;
}

const dueAt = ({ number_change_wait_hours }: Community, now: Date): Date =>
  new Date(now.getTime() + number_change_wait_hours * 3_600_000);

/** The old number is told at once, so that whoever holds it can stop the change. */
async function tellWitnessed(
  context: Context,
  spec: { manager: Member; member: Member; new_phone: string },
): Promise<Extract<Witnessed, { readonly type: "witnessed" }>> {
  const { trx, community, now } = context;
  const { manager, member } = spec;
  const end = phoneEnd(spec.new_phone);
  const when = momentIn(community.time_zone, dueAt(community, now));
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor: `member:${manager.id}`,
      act: "number.witnessed",
      subject: `member:${member.id}`,
      before: { end: phoneEnd(member.phone) },
      after: { end },
    },
  );
  const fields = { name: member.name, end, when, help: community.help_number };
  const text = community.ussd_code === null ? "number-moving-sms" : "number-moving";
  await notify(context, [{ to: member, purpose: "security", text, fields }]);
  return { type: "witnessed", fields: { name: member.name, end, when } };
}

/** Changes that members asked for and nobody has witnessed, the oldest first. */
export async function askedChanges(
  { trx, community }: Context,
  manager: Member,
): Promise<readonly NumberChange[]> {
  const rows = await changes(trx, community).where("number_change.state", "=", "asked").execute();
  return rows.filter((row) => !isOwn(manager, row)).map(shown);
}

/** A member's changes that have not taken effect, to be stopped. */
export async function openChanges(
  { trx, community }: Pick<Context, "trx" | "community">,
  member: Member,
): Promise<readonly NumberChange[]> {
  const rows = await changes(trx, community)
    .where("number_change.state", "in", ["asked", "witnessed"])
    .where("number_change.member_id", "=", member.id)
    .execute();
  return rows.map(shown);
}

const changes = (trx: Writer, community: Community) =>
  trx
    .selectFrom("number_change")
    .innerJoin("member", (join) =>
      join
        .onRef("member.community_id", "=", "number_change.community_id")
        .onRef("member.id", "=", "number_change.member_id"),
    )
    .select(["number_change.id", "number_change.new_phone"])
    .select(["member.name", "member.guardian_id", "member.phone"])
    .where("number_change.community_id", "=", community.id)
    .orderBy("number_change.asked_at")
    .limit(60);

const shown = (row: { id: string; new_phone: string; name: string }): NumberChange => ({
  id: row.id,
  name: row.name,
  end: phoneEnd(row.new_phone),
});

/** As stopNumberChange, of the one change that can be under way. */
export async function keepNumber(context: Context, member: Member): Promise<Stopped> {
  const [change] = await openChanges(context, member);
  if (change === undefined) return { type: "no-such-change" };
  return await stopNumberChange(context, { member, change_id: change.id });
}

export type Stopped = { readonly type: "number-kept" } | { readonly type: "no-such-change" };

/** The member stops a change of their number; from the old number this is what the delay is for. */
export async function stopNumberChange(
  { trx, community, now }: Context,
  { member, change_id }: { member: Member; change_id: string },
): Promise<Stopped> {
  const { numUpdatedRows } = await trx
    .updateTable("number_change")
    .set({ state: "cancelled", ended_at: now })
    .where("community_id", "=", community.id)
    .where("id", "=", change_id)
    .where("member_id", "=", member.id)
    .where("state", "in", ["asked", "witnessed"])
    .executeTakeFirst();
  return { type: numUpdatedRows > 0n ? "number-kept" : "no-such-change" };
}

/** Those whose guardian they are, and groups they keep, come along; a group moved by itself has a new keeper. */
async function moveTo(
  { trx, community }: Context,
  member: Member,
  new_phone: string,
): Promise<void> {
  if (kindOf(member.roles) === "group") {
    const keeper = await keeperAt(trx, community.id, new_phone);
    await trx
      .updateTable("member")
      .set({ guardian_id: keeper?.id ?? null })
      .where("community_id", "=", community.id)
      .where("id", "=", member.id)
      .execute();
  }
  await trx
    .updateTable("member")
    .set({ phone: new_phone })
    .where("community_id", "=", community.id)
    // On the same phone: one who has moved to another number since stays there.
    .where("phone", "=", member.phone)
    .where((eb) => eb.or([eb("id", "=", member.id), eb("guardian_id", "=", member.id)]))
    .execute();
}

/** Puts into effect what is due, and tells both numbers; the timed job's work. */
export async function applyNumberChanges(context: Context): Promise<number> {
  const { trx, community, now } = context;
  const due = await trx
    .updateTable("number_change")
    .set({ state: "done", ended_at: now })
    .where("community_id", "=", community.id)
    .where("state", "=", "witnessed")
    .where("due_at", "<=", now)
    .returning(["member_id", "new_phone"])
    .execute();
  for (const { member_id, new_phone } of due) {
    const member = await memberById(trx, community.id, member_id);
    if (member === undefined) continue;
    await moveTo(context, member, new_phone);
    const fields = {
      name: member.name,
      end: phoneEnd(new_phone),
      help: community.help_number,
    };
    const notice = { purpose: "security", text: "number-moved", fields } as const;
    await notify(context, [
      { ...notice, to: member },
      { ...notice, to: { ...member, phone: new_phone } },
    ]);
  }
  return due.length;
}
