import { v7 as uuid } from "uuid";
import type { Writer } from "../../src/db/database.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import { chart } from "../../src/ledger/chart.ts";
import { reserve } from "../../src/ledger/hold.ts";
import { post } from "../../src/ledger/post.ts";
import type { World } from "./world.ts";

interface Person {
  readonly community_id: string;
  readonly id: string;
}

const personOf = ({ db }: World, name: string): Promise<Person> =>
  db
    .selectFrom("member")
    .select(["community_id", "id"])
    .where("name", "=", name)
    .executeTakeFirstOrThrow();

async function bringOver(trx: Writer, { community_id, id }: Person, amount: number, now: Date) {
  const legs = [
    { account: chart.opening, unit: "iSoCC", amount: -amount },
    { account: id, unit: "iSoCC", amount },
  ] as const;
  await post(trx, community_id, [
    { id: uuid(), once: uuid(), kind: "opening", happened_at: now, legs },
  ]);
}

/** Somebody has SoCCs, brought over from a SoCC Book. */
export async function giveSoccs(world: World, name: string, amount: number): Promise<void> {
  const person = await personOf(world, name);
  await inTransaction(world.db, (trx) => bringOver(trx, person, amount, world.clock.now()));
}

/** A vendor has SoCCs, and has asked for cash for some of them. @returns the cash-out's id. */
export async function askForCash(
  world: World,
  name: string,
  spec: { readonly has: number; readonly asks: number },
): Promise<string> {
  const now = world.clock.now();
  const vendor = await personOf(world, name);
  const { community_id, id: vendor_id } = vendor;
  return await inTransaction(world.db, async (trx) => {
    await bringOver(trx, vendor, spec.has, now);
    const id = uuid();
    const hold = { id: uuid(), once: `cash-out:${id}:hold`, account: vendor_id, amount: spec.asks };
    await reserve(trx, community_id, { ...hold, expires_at: new Date(now.getTime() + 1e10) });
    const asked = { once: id, vendor_id, amount: spec.asks, cash: spec.asks * 9, currency: "KES" };
    await trx
      .insertInto("cash_out")
      .values({ ...asked, community_id, id, hold_id: hold.id, asked_at: now })
      .execute();
    return id;
  });
}
