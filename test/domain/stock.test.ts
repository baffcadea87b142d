import { sql } from "kysely";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { expireRedemptions } from "../../src/domain/expiry.ts";
import type { Member } from "../../src/domain/members.ts";
import { cancelRedemption, settleWithoutKey } from "../../src/domain/settling.ts";
import { openMarket, type Market } from "../support/market.ts";
import { changeMenus } from "../support/menu-changes.ts";

// R7: 25 umbrellas came to Mama Njeri's shop. They run down as they are handed out, whatever the menu
// says of them meanwhile.
let market: Market;
let achieng: Member, grace: Member, njeri: Member;
beforeAll(async () => {
  market = await openMarket();
  ({ achieng, grace } = market);
  njeri = await market.person("Njeri");
  await market.earned(achieng, 2_000);
});
afterAll(() => market.close());

const umbrella = {
  code: "UMBRELLA",
  price: 40,
  name: { en: "Umbrella", sw: "Mwavuli", luo: "Mwavuli" },
};
const change = (rewards: readonly object[], more: object = {}) =>
  market.act((at) => changeMenus(at, { rewards, ...more }));
const order = async (): Promise<string> => {
  expect(await market.order(achieng, "UMBRELLA", njeri)).toMatchObject({ type: "requested" });
  return await market.newestOrderOf(achieng);
};
const callOff = (redemption_id: string) =>
  market.act((at) => cancelRedemption(at, { member: achieng, redemption_id }));
const left = () => market.stockOf("UMBRELLA");

test("a dearer umbrella is no new umbrella, and one called off goes back to the shelf", async () => {
  const sold = await order();
  await market.act((at) => settleWithoutKey(at, { manager: grace, redemption_id: sold }));
  const ordered = await order();
  await order();
  expect(await left()).toBe(22);
  await change([{ ...umbrella, price: 45 }]);
  expect(await left()).toBe(22);
  await callOff(ordered);
  expect(await left()).toBe(23);
  await change([{ ...umbrella, name: { ...umbrella.name, en: "Big umbrella" } }]);
  market.clock.moveOn({ days: 8 });
  await market.act(expireRedemptions);
  expect(await left()).toBe(24);
});

test("a change that names a stock restocks, and one that names none for it stops counting", async () => {
  await change([{ ...umbrella, stock: 60 }]);
  expect(await left()).toBe(60);
  const ordered = await order();
  await change([{ ...umbrella, stock: null }]);
  expect(await left()).toBeNull();
  await callOff(ordered);
  expect(await left()).toBeNull();
  await change([{ ...umbrella, stock: 5 }]);
  expect(await left()).toBe(5);
});

test("what is called off after its reward ended is put nowhere", async () => {
  const ordered = await order();
  await change([], { retire_rewards: ["UMBRELLA"] });
  await expect(callOff(ordered)).resolves.toMatchObject({ type: "cancelled" });
  await change([{ ...umbrella, stock: 5 }]);
  expect(await left()).toBe(5);
});

/** Who waits for a lock here: the service's role sees of others only that they are there. */
const waiting = async (): Promise<readonly unknown[]> => {
  const { rows } = await sql`
    select from pg_locks
    join pg_stat_activity using (pid)
    where not granted and datname = current_database()
  `.execute(market.db);
  return rows;
};

/** Does something while a change of the price is on its way: it waits, and goes on after the change. */
async function whileChanging<T>(price: number, meanwhile: () => Promise<T>): Promise<T> {
  let doing: Promise<T> | undefined;
  await market.act(async (at) => {
    await changeMenus(at, { rewards: [{ ...umbrella, price }] });
    doing = meanwhile();
    await vi.waitUntil(async () => (await waiting()).length > 0, 4_000);
  });
  if (doing === undefined) throw new Error("nothing was done meanwhile");
  return await doing;
}

test("nothing is lost to a change at the same moment", async () => {
  const ordered = await order();
  expect(await left()).toBe(4);
  await whileChanging(41, () => callOff(ordered));
  expect(await left()).toBe(5);
  const late = await whileChanging(42, () => market.order(achieng, "UMBRELLA", njeri));
  expect(late).toEqual({ type: "no-longer-offered" });
  expect(await left()).toBe(5);
});
