import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import type { Writer } from "../db/database.ts";
import type { MenuContents } from "./menu-draft.ts";
import { numbersAfter } from "./menu-numbers.ts";
import { saidByItem } from "./menu-said.ts";
import type { Menu } from "./menu-versions.ts";

interface Put {
  readonly contents: MenuContents;
  /** As it is before the change. */
  readonly menu: Menu;
  readonly at: Date;
}

/** Ends the deeds that a change replaces or retires, and puts its own in their place. */
export async function putDeeds(trx: Writer, community_id: string, put: Put): Promise<void> {
  const { contents, menu, at } = put;
  const codes = contents.deeds.map(({ code }) => code);
  const numbers = numbersAfter(menu.deeds, { retired: contents.retire_deeds, put: codes });
  const ending = [...contents.retire_deeds, ...codes];
  if (ending.length > 0)
    await trx
      .updateTable("deed")
      .set({ valid_until: at })
      .where("community_id", "=", community_id)
      .where("code", "in", ending)
      .where("valid_until", "is", null)
      .execute();
  const rows = contents.deeds.map((deed) => {
    const { name, unit, ...said } = saidByItem(deed);
    return {
      ...said,
      community_id,
      id: uuid(),
      code: deed.code,
      name: JSON.stringify(name),
      unit: unit === null ? null : JSON.stringify(unit),
      position: numberOf(numbers, deed.code),
      valid_from: at,
    };
  });
  if (rows.length > 0) await trx.insertInto("deed").values(rows).execute();
}

/** The same with rewards. What is left of each stays, unless the change names another stock. */
export async function putRewards(trx: Writer, community_id: string, put: Put): Promise<void> {
  const { contents, menu, at } = put;
  const uncounted = { stock: null, stock_given: null };
  const communal = contents.communal_rewards.map((item) => ({
    ...item,
    kind: "communal" as const,
    stock: null,
  }));
  const items = [...contents.rewards, ...communal];
  const codes = items.map(({ code }) => code);
  const numbers = numbersAfter(menu.rewards, { retired: contents.retire_rewards, put: codes });
  const left = await endRewards(trx, community_id, [...contents.retire_rewards, ...codes], at);
  const rows = items.map(({ code, kind, name, price, stock }) => ({
    community_id,
    id: uuid(),
    code,
    kind,
    name: JSON.stringify(name),
    price,
    ...(stock === undefined ? (left.get(code) ?? uncounted) : { stock, stock_given: stock }),
    position: numberOf(numbers, code),
    valid_from: at,
  }));
  if (rows.length > 0) await trx.insertInto("reward").values(rows).execute();
}

/** What is left of a reward, and what there was when it was last stocked. */
interface Left {
  readonly stock: number | null;
  readonly stock_given: number | null;
}

/** @returns what is left of each by code, read as its row is ended: orders wait behind it. */
async function endRewards(
  trx: Writer,
  community_id: string,
  codes: readonly string[],
  at: Date,
): Promise<ReadonlyMap<string, Left>> {
  if (codes.length === 0) return new Map();
  const ended = await trx
    .updateTable("reward")
    .set({ valid_until: at })
    .where("community_id", "=", community_id)
    .where("code", "in", codes)
    .where("valid_until", "is", null)
    .returning(["code", "stock", "stock_given"])
    .execute();
  return new Map(ended.map(({ code, stock, stock_given }) => [code, { stock, stock_given }]));
}

function numberOf(numbers: ReadonlyMap<string, number> | undefined, code: string): number {
  const number = numbers?.get(code);
  assert(number !== undefined, "a change that is applied was found to fit");
  return number;
}
