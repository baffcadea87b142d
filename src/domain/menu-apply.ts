import { v7 as uuid } from "uuid";
import type { Reader, Writer } from "../db/database.ts";
import { inTransaction } from "../db/transaction.ts";
import { audit } from "./audit.ts";
import { doEach } from "./do-each.ts";
import { menuContents, type MenuContents } from "./menu-draft.ts";
import { items_max } from "./menu-items.ts";
import { menuAt, type Menu } from "./menu-versions.ts";

/** A change that is to come into force. */
export interface DueChange {
  readonly id: string;
  readonly contents: MenuContents;
  /** From this moment on it is in force. */
  readonly at: Date;
}

/**
 * Brings a change into force, in the caller's transaction: old rows end, new ones begin, and the
 * community's ratio, proof by text and cash-out value are set. A claim keeps the row it was made on (R4). The
 * community's row is locked by the caller.
 */
export async function applyChange(
  trx: Writer,
  community_id: string,
  spec: { readonly change: DueChange; readonly actor: string; readonly now: Date },
): Promise<void> {
  const { change, actor, now } = spec;
  const { contents } = change;
  const menu = await menuAt(trx, community_id);
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
  const subject = `menu-change:${change.id}`;
  await audit(
    trx,
    { community_id, now },
    { actor, act: "menu.put-in-force", subject, after: { at, ...codesOf(contents) } },
  );
}

const codesOf = ({ deeds, rewards, communal_rewards, ...rest }: MenuContents): object => ({
  ...rest,
  deeds: deeds.map(({ code }) => code),
  rewards: [...rewards, ...communal_rewards].map(({ code }) => code),
});

/** A row cannot end before it began: a change of the same moment comes a millisecond later. */
function after(at: Date, { deeds, rewards }: Menu): Date {
  const begun = [...deeds, ...rewards].map(({ valid_from }) => valid_from.getTime());
  return new Date(Math.max(at.getTime(), ...begun.map((ms) => ms + 1)));
}

interface Put {
  readonly contents: MenuContents;
  readonly menu: Menu;
  readonly at: Date;
}

async function putDeeds(trx: Writer, community_id: string, put: Put): Promise<void> {
  const { contents, menu, at } = put;
  const ending = [...contents.retire_deeds, ...contents.deeds.map(({ code }) => code)];
  await end(trx, community_id, { table: "deed", codes: ending, at });
  const place = places(menu.deeds, contents.retire_deeds);
  const rows = contents.deeds.map((deed) => ({
    community_id,
    id: uuid(),
    code: deed.code,
    name: JSON.stringify(deed.name),
    value: deed.value,
    value_max: deed.value_max ?? null,
    unit: deed.unit === undefined ? null : JSON.stringify(deed.unit),
    units_max: deed.units_max ?? 1,
    cap_count: deed.cap?.count ?? null,
    cap_days: deed.cap?.days ?? null,
    sensitive: deed.sensitive ?? false,
    position: place(deed.code),
    valid_from: at,
  }));
  if (rows.length > 0) await trx.insertInto("deed").values(rows).execute();
}

async function putRewards(trx: Writer, community_id: string, put: Put): Promise<void> {
  const { contents, menu, at } = put;
  const communal = contents.communal_rewards.map((item) => ({
    ...item,
    kind: "communal",
    stock: undefined,
  }));
  const items = [...contents.rewards, ...communal];
  const ending = [...contents.retire_rewards, ...items.map(({ code }) => code)];
  await end(trx, community_id, { table: "reward", codes: ending, at });
  const place = places(menu.rewards, contents.retire_rewards);
  const rows = items.map(({ code, kind, name, price, stock }) => ({
    community_id,
    id: uuid(),
    code,
    kind,
    name: JSON.stringify(name),
    price,
    stock: stock ?? null,
    position: place(code),
    valid_from: at,
  }));
  if (rows.length > 0) await trx.insertInto("reward").values(rows).execute();
}

async function end(
  trx: Writer,
  community_id: string,
  spec: { readonly table: "deed" | "reward"; readonly codes: readonly string[]; readonly at: Date },
): Promise<void> {
  if (spec.codes.length === 0) return;
  await trx
    .updateTable(spec.table)
    .set({ valid_until: spec.at })
    .where("community_id", "=", community_id)
    .where("code", "in", spec.codes)
    .where("valid_until", "is", null)
    .execute();
}

/** Numbering is stable, for people memorise it: an item keeps its place, a new one comes last. */
function places(
  items: readonly { readonly code: string; readonly position: number }[],
  retired: readonly string[],
): (code: string) => number {
  const kept = items.filter(({ code }) => !retired.includes(code));
  const taken = new Map(kept.map(({ code, position }) => [code, position]));
  return (code) => {
    const own = taken.get(code);
    if (own !== undefined) return own;
    const last = Math.max(0, ...taken.values());
    const position = Math.min(last + 1, items_max);
    taken.set(code, position);
    return position;
  };
}

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

/** Brings the approved changes of one community into force whose day has come, in their order. */
export async function applyDueOf(trx: Writer, community_id: string, now: Date): Promise<void> {
  const rows = await trx
    .selectFrom("menu_change")
    .select(["id", "contents", "effective_at"])
    .where("community_id", "=", community_id)
    .where("state", "=", "approved")
    .where("effective_at", "<=", now)
    .orderBy("effective_at")
    .orderBy("id")
    .limit(due_max)
    .execute();
  for (const { id, contents, effective_at } of rows) {
    const change = { id, contents: menuContents.parse(contents), at: effective_at ?? now };
    await applyChange(trx, community_id, { change, actor: "service", now });
  }
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
      await lockMenus(trx, community_id);
      await applyDueOf(trx, community_id, now);
    }),
  );
}

/** One at a time changes the menus of a community. */
export async function lockMenus(trx: Writer, community_id: string): Promise<void> {
  await trx
    .selectFrom("community")
    .select("id")
    .where("id", "=", community_id)
    .forNoKeyUpdate()
    .execute();
}
