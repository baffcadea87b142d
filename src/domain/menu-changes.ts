import assert from "node:assert/strict";
import { sql } from "kysely";
import { v7 as uuid } from "uuid";
import type { Reader, Writer } from "../db/database.ts";
import { audit } from "./audit.ts";
import type { At } from "./enrolling.ts";
import type { Liquidity } from "./liquidity.ts";
import { applyChange, applyDueOf, lockMenus, valuesOf } from "./menu-apply.ts";
import { menuContents, wrongWith, type MenuContents } from "./menu-draft.ts";
import { fitOf, type Unfit } from "./menu-fit.ts";
import type { Complaint } from "./menu-items.ts";
import { saidBefore } from "./menu-said.ts";
import { menuAt } from "./menu-versions.ts";
import { pageOf, type Page, type PageAsked } from "./pages.ts";

export type ChangeStatus = "drafted" | "approved" | "returned" | "in-force";

/** A change of the menus, the ratio, the proof by text or the cash-out value, and what became of it (R5). */
export interface MenuChange {
  readonly id: string;
  readonly author: string;
  readonly note: string;
  /** Null: as soon as it is approved. */
  readonly effective_at: Date | null;
  readonly contents: MenuContents;
  readonly status: ChangeStatus;
  readonly drafted_at: Date;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  /** Why it was returned. */
  readonly reason: string | null;
  readonly applied_at: Date | null;
}

/** Most changes of one community that may wait to be decided. */
export const drafted_max = 20;
/** How far ahead a change may be dated. */
const ahead_days_max = 366;

export type Drafted =
  | { readonly type: "drafted"; readonly change: MenuChange }
  | { readonly type: "wrong"; readonly complaints: readonly Complaint[] }
  | { readonly type: "too-many-drafts"; readonly count: number };

/** Drafts a change: it waits for the overseer, and until then nothing changes. */
export async function draftChange(
  trx: Writer,
  at: At,
  draft: {
    readonly note: string;
    readonly effective_at: Date | undefined;
    readonly contents: MenuContents;
  },
): Promise<Drafted> {
  const { community, now, actor } = at;
  const { note, effective_at, contents } = draft;
  await lockMenus(trx, community.id);
  const menu = await menuAt(trx, community.id);
  const complaints = [
    ...wrongWith(contents, menu, community.languages),
    ...wrongDate(effective_at, now),
  ];
  if (complaints.length > 0) return { type: "wrong", complaints };
  const count = await countDrafted(trx, community.id);
  if (count >= drafted_max) return { type: "too-many-drafts", count };

  const id = uuid();
  await trx
    .insertInto("menu_change")
    .values({
      community_id: community.id,
      id,
      author: actor,
      note,
      effective_at: effective_at ?? null,
      contents: JSON.stringify(contents),
      drafted_at: now,
    })
    .execute();
  const change = await changeThatIs(trx, community.id, id);
  await auditChange(trx, at, "menu.drafted", change, { after: { note, effective_at, contents } });
  return { type: "drafted", change };
}

function wrongDate(effective_at: Date | undefined, now: Date): readonly Complaint[] {
  if (effective_at === undefined) return [];
  const ahead_days = (effective_at.getTime() - now.getTime()) / 86_400_000;
  if (ahead_days > 0 && ahead_days <= ahead_days_max) return [];
  return [
    { path: ["effective_at"], message: "wants a moment of the year to come, or is left out" },
  ];
}

async function countDrafted(db: Reader, community_id: string): Promise<number> {
  const { count } = await db
    .selectFrom("menu_change")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("community_id", "=", community_id)
    .where("state", "=", "drafted")
    .executeTakeFirstOrThrow();
  return count;
}

/** A change that cannot be decided, by this caller or any more. */
type Undecidable =
  | { readonly type: "no-such-change" }
  | { readonly type: "own-change" }
  | { readonly type: "anothers-change" }
  | { readonly type: "decided"; readonly status: ChangeStatus };

export type Approved =
  | {
      readonly type: "approved";
      readonly change: MenuChange;
      /** To be told to who approves: `warned` from 80 % of the budget on (R8). */
      readonly liquidity: Liquidity;
    }
  | Unfit
  | Extract<Undecidable, { readonly type: "no-such-change" | "own-change" | "decided" }>;

/**
 * Approves a change; never its author (R5). It comes into force in the same transaction, or on its
 * day. It must fit the menus as they have become since it was drafted, and while the budget is used up
 * what raises the liability is blocked (R8).
 */
export async function approveChange(trx: Writer, at: At, id: string): Promise<Approved> {
  const { now, actor } = at;
  const community = await lockMenus(trx, at.community.id);
  const change = await readChange(trx, community.id, id);
  if (change === undefined) return { type: "no-such-change" };
  if (change.author === actor) return { type: "own-change" };
  if (change.status !== "drafted") return { type: "decided", status: change.status };

  // Those whose day has come are older: they come first.
  await applyDueOf(trx, community, now);
  const { contents, effective_at } = change;
  const fit = await fitOf(trx, community, contents);
  if (fit.type !== "fits") return fit;
  const { menu, liquidity } = fit;
  await decide(trx, at, id, { state: "approved", reason: null });
  const standing = saidBefore(contents, menu, await valuesOf(trx, community.id));
  await auditChange(trx, at, "menu.approved", change, {
    before: { status: change.status, ...standing },
    after: { status: "approved", effective_at },
  });
  if (effective_at === null || effective_at <= now) {
    const due = { id, contents, at: now };
    await applyChange(trx, community.id, { change: due, actor, now });
  }
  return { type: "approved", change: await changeThatIs(trx, community.id, id), liquidity };
}

export type Returned = { readonly type: "returned"; readonly change: MenuChange } | Undecidable;

/**
 * Returns a change with a reason: the overseer any that is drafted, or approved and not in force yet;
 * its author their own draft, which withdraws it. Then nothing of it comes about.
 */
export async function returnChange(
  trx: Writer,
  at: At & { readonly is_overseer: boolean },
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<Returned> {
  const { community, actor, is_overseer } = at;
  await lockMenus(trx, community.id);
  const change = await readChange(trx, community.id, id);
  if (change === undefined) return { type: "no-such-change" };
  if (!is_overseer && change.author !== actor) return { type: "anothers-change" };
  if (!isReturnable(change, at)) return { type: "decided", status: change.status };
  await decide(trx, at, id, { state: "returned", reason });
  await auditChange(trx, at, "menu.returned", change, {
    before: { status: change.status },
    after: { status: "returned", reason },
  });
  return { type: "returned", change: await changeThatIs(trx, community.id, id) };
}

const isReturnable = (
  { status, effective_at }: MenuChange,
  { now, is_overseer }: { readonly now: Date; readonly is_overseer: boolean },
): boolean =>
  status === "drafted" ||
  (status === "approved" && is_overseer && effective_at !== null && effective_at > now);

async function decide(
  trx: Writer,
  { community, now, actor }: At,
  id: string,
  decision: { readonly state: "approved" | "returned"; readonly reason: string | null },
): Promise<void> {
  await trx
    .updateTable("menu_change")
    .set({ ...decision, decided_at: now, decided_by: actor })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .execute();
}

async function auditChange(
  trx: Writer,
  { community, now, actor }: At,
  act: string,
  { id }: MenuChange,
  said: { readonly before?: object; readonly after: object },
): Promise<void> {
  const event = { actor, act, subject: `menu-change:${id}`, ...said };
  await audit(trx, { community_id: community.id, now }, event);
}

const changes = (db: Reader, community_id: string) =>
  db
    .selectFrom("menu_change")
    .select(["id", "author", "note", "effective_at", "contents", "drafted_at"])
    .select(["decided_at", "decided_by", "reason", "applied_at"])
    .select(sql<ChangeStatus>`state`.as("status"))
    .where("community_id", "=", community_id);

/** Changes, the newest first. */
export async function listChanges(
  db: Reader,
  community_id: string,
  asked: PageAsked & { readonly status?: ChangeStatus | undefined },
): Promise<Page<MenuChange>> {
  let query = changes(db, community_id);
  if (asked.status !== undefined) query = query.where("state", "=", asked.status);
  if (asked.after !== undefined) query = query.where("id", "<", asked.after);
  const rows = await query
    .orderBy("id", "desc")
    .limit(asked.limit + 1)
    .execute();
  return pageOf(rows.map(readContents), asked.limit);
}

export async function readChange(
  db: Reader,
  community_id: string,
  id: string,
): Promise<MenuChange | undefined> {
  const row = await changes(db, community_id).where("id", "=", id).executeTakeFirst();
  return row && readContents(row);
}

const readContents = <T extends { readonly contents: unknown }>(
  row: T,
): T & { contents: MenuContents } => ({ ...row, contents: menuContents.parse(row.contents) });

async function changeThatIs(db: Reader, community_id: string, id: string): Promise<MenuChange> {
  const change = await readChange(db, community_id, id);
  assert(change !== undefined, "a change of this transaction is there");
  return change;
}
