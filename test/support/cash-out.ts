import { v7 as uuid } from "uuid";
import { inTransaction } from "../../src/db/transaction.ts";
import { chart } from "../../src/ledger/chart.ts";
import { reserve } from "../../src/ledger/hold.ts";
import { post } from "../../src/ledger/post.ts";
import type { World } from "./world.ts";

/** A vendor has SoCCs, and has asked for cash for some of them. @returns the cash-out's id. */
export async function askForCash(
  { db, clock }: World,
  vendor: string,
  spec: { readonly has: number; readonly asks: number },
): Promise<string> {
  const now = clock.now();
  const { community_id, id: vendor_id } = await db
    .selectFrom("member")
    .select(["community_id", "id"])
    .where("name", "=", vendor)
    .executeTakeFirstOrThrow();
  return await inTransaction(db, async (trx) => {
    const legs = [
      { account: chart.opening, unit: "iSoCC", amount: -spec.has },
      { account: vendor_id, unit: "iSoCC", amount: spec.has },
    ] as const;
    await post(trx, community_id, [
      { id: uuid(), once: uuid(), kind: "opening", happened_at: now, legs },
    ]);
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
