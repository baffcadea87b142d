import type { Reader, Writer } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import { raiseAlert } from "./alerts.ts";
import { audit } from "./audit.ts";
import { communityColumns, text_proof, type Community } from "./communities.ts";
import { doEach } from "./do-each.ts";
import { menuContents, type MenuContents } from "./menu-draft.ts";
import { fitOf, type Unfit } from "./menu-fit.ts";
import { putDeeds, putRewards } from "./menu-put.ts";
import { saidAfter, saidBefore, type MenuValues } from "./menu-said.ts";
import { menuAt, type Menu } from "./menu-versions.ts";

/** A change that is to come into force. */
export interface DueChange {
  readonly id: string;
  readonly contents: MenuContents;
  /** From this moment on it is in force. */
  readonly at: Date;
}

/**
 * Brings a change that fits the menus into force, in the caller's transaction: old rows end, new ones
 * begin, and the community's ratio, proof by text and cash-out value are set. A claim keeps the row it
 * was made on (R4). The community's row is locked by the caller.
 */
export async function applyChange(
  trx: Writer,
  community_id: string,
  spec: { readonly change: DueChange; readonly actor: string; readonly now: Date },
): Promise<void> {
  const { change, actor, now } = spec;
  const { contents } = change;
  const menu = await menuAt(trx, community_id);
  const before = saidBefore(contents, menu, await valuesOf(trx, community_id));
  const at = after(change.at, menu);
  await putDeeds(trx, community_id, { contents, menu, at });
  await putRewards(trx, community_id, { contents, menu, at });
  await setValues(trx, community_id, contents);
  await trx
    .updateTable("menu_change")
    .set({ state: "in-force", applied_at: now })
    .where("community_id", "=", community_id)
    .where("id", "=", change.id)
    .execute();
  await audit(
    trx,
    { community_id, now },
    {
      actor,
      act: "menu.put-in-force",
      subject: `menu-change:${change.id}`,
      before,
      after: { at, ...saidAfter(contents) },
    },
  );
}

/** A row cannot end before it began: a change of the same moment comes a millisecond later. */
function after(at: Date, { deeds, rewards }: Menu): Date {
  const begun = [...deeds, ...rewards].map(({ valid_from }) => valid_from.getTime());
  return new Date(Math.max(at.getTime(), ...begun.map((ms) => ms + 1)));
}

/** What stands of what goes by a menu change beside the menus. */
export const valuesOf = (db: Reader, community_id: string): Promise<MenuValues> =>
  db
    .selectFrom("community")
    .select(["accrual_ratio", "cash_out_value"])
    .select(text_proof)
    .where("id", "=", community_id)
    .executeTakeFirstOrThrow();

async function setValues(
  trx: Writer,
  community_id: string,
  { accrual_ratio, text_proof, cash_out_value }: MenuContents,
): Promise<void> {
  const values = {
    ...(accrual_ratio !== undefined && { accrual_ratio }),
    ...(text_proof !== undefined && { text_proof }),
    ...(cash_out_value !== undefined && { cash_out_value }),
  };
  if (Object.keys(values).length === 0) return;
  await trx.updateTable("community").set(values).where("id", "=", community_id).execute();
}

/** Most changes one community has waiting for their day. */
const due_max = 100;

/**
 * Brings the approved changes of one community into force whose day has come, in their order. One that
 * does not fit the menus any more is returned, and the partner is told.
 */
export async function applyDueOf(trx: Writer, community: Community, now: Date): Promise<void> {
  const rows = await trx
    .selectFrom("menu_change")
    .select(["id", "contents", "effective_at"])
    .where("community_id", "=", community.id)
    .where("state", "=", "approved")
    .where("effective_at", "<=", now)
    .orderBy("effective_at")
    .orderBy("id")
    .limit(due_max)
    .execute();
  for (const { id, contents, effective_at } of rows) {
    const change = { id, contents: menuContents.parse(contents), at: effective_at ?? now };
    const fit = await fitOf(trx, community, change.contents);
    if (fit.type === "fits")
      await applyChange(trx, community.id, { change, actor: "service", now });
    else await giveUp(trx, { community, now }, id, reasonOf(fit));
  }
}

const reason_length_max = 300;

function reasonOf(unfit: Unfit): string {
  const why =
    unfit.type === "over-budget"
      ? "the partner's budget is used up"
      : unfit.complaints.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ");
  return `Did not fit on its day: ${why}`.slice(0, reason_length_max);
}

/** Returns an approved change, in the service's own name. */
async function giveUp(
  trx: Writer,
  { community, now }: { readonly community: Community; readonly now: Date },
  id: string,
  reason: string,
): Promise<void> {
  await trx
    .updateTable("menu_change")
    .set({ state: "returned", reason, decided_at: now, decided_by: "service" })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .execute();
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor: "service",
      act: "menu.returned",
      subject: `menu-change:${id}`,
      before: { status: "approved" },
      after: { status: "returned", reason },
    },
  );
  await raiseAlert({ trx, community, now }, "menu-change-returned", { change_id: id, reason });
}

/**
 * Brings every approved change into force whose day has come. Any number of processes may call it at
 * once: each community is one transaction under its row's lock, and who comes second finds nothing.
 * @param stop ends it between two communities; what is left comes next time.
 * @throws AggregateError when some communities could not be done; the others are.
 */
export async function applyDueChanges(db: Reader, now: Date, stop: AbortSignal): Promise<void> {
  const due = await db
    .selectFrom("menu_change")
    .select("community_id")
    .distinct()
    .where("state", "=", "approved")
    .where("effective_at", "<=", now)
    .execute();
  await doEach(due, stop, ({ community_id }) =>
    inTransaction(db, async (trx) => {
      await applyDueOf(trx, await lockMenus(trx, community_id), now);
    }),
  );
}

/** One at a time changes the menus of a community. @returns it as it is under the lock. */
export const lockMenus = (trx: Writer, community_id: string): Promise<Community> =>
  trx
    .selectFrom("community")
    .select(communityColumns)
    .select(text_proof)
    .where("id", "=", community_id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
