import { expect, onTestFinished, test } from "vitest";
import { inTransaction } from "../../src/db/transaction.ts";
import { foundCommunity } from "../../src/domain/founding.ts";
import { communityFiles } from "../../src/compose/menus.ts";
import { asOwner } from "../bench/books.ts";
import { freshDatabase, openPool } from "../support/database.ts";
import { eventually } from "../support/world.ts";

/** Who waits for somebody's lock, which the service's role is not told. */
const waiting = (url: string): Promise<number | null> =>
  asOwner(url, async (owner) => {
    const { rowCount } = await owner.query(
      `select from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rowCount;
  });

test("two processes that found a community at the same moment found one, and neither fails", async () => {
  const database = await freshDatabase();
  const db = openPool(database.url);
  onTestFinished(async () => {
    await db.destroy();
    await database.drop();
  });
  const [file] = communityFiles();
  const found = () =>
    inTransaction(db, async (trx) => {
      const id = await foundCommunity(trx, { now: new Date(), actor: "service" }, file!);
      if (id === undefined) return undefined;
      // Until the other waits for this one.
      other ??= found();
      await eventually(async () => expect(await waiting(database.url)).toBe(1));
      return id;
    });
  let other: Promise<string | undefined> | undefined;
  expect(await found()).toBeDefined();
  expect(await other).toBeUndefined();
  expect(await db.selectFrom("community").select("slug").execute()).toEqual([{ slug: file?.slug }]);
  const acts = await db.selectFrom("audit_event").select("act").execute();
  expect(acts).toEqual([{ act: "community.founded" }]);
});
