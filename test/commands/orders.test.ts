import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, openWorld, type World } from "../support/world.ts";
import { asksIn, balanceOf, type Asks } from "./texting.ts";

// R13 and R25: what the partner hands over, and what is open though its code is lost, by text alone.
describe("orders by text, in Washington", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld({ community: "dc-bread-for-the-city" });
    asks = asksIn(world);
    await asks("Rosa Hernandez", "LANG en");
    await world.earned("Rosa Hernandez", 400);
    await world.earned("James Whitfield", 100);
  });
  afterAll(() => world.close());

  const rosas = "202 555 0102";
  const codeFor = (who: string, order: RegExp): Promise<string> =>
    eventually(() => {
      const [, code] = order.exec(world.phoneOf(who).inbox().join("\n")) ?? [];
      if (code === undefined) throw new Error("no code yet");
      return code;
    });

  test("nothing is open", async () => {
    expect(await asks("James Whitfield", "DONE")).toBe("No order is open.");
    expect(await asks("Corner Market", "DONE")).toBe("No order is open.");
    expect(await asks("Rosa Hernandez", "CANCEL")).toBe("Nothing of yours is open.");
    expect(await asks("Rosa Hernandez", "DONE")).toMatch(/^Only a vendor/);
  });

  test("what no vendor serves is texted to the managers, with the code and what to text", async () => {
    await asks("Rosa Hernandez", "REDEEM COMPUTER 3691");
    const order =
      /Rosa Hernandez orders Computer class from the partner: 60 SoCC, until \d+\/\d+\. When they have it, text DONE (\d{6}) PIN/;
    const code = await codeFor("James Whitfield", order);
    expect(await asks("James Whitfield", "DONE")).toBe(
      "Open orders: Rosa Hernandez: COMPUTER Computer class. Text DONE code PIN, or DONE phone PIN.",
    );
    expect(await asks("James Whitfield", `DONE ${code} 12345`)).toMatch(
      /^A manager needs no key: text DONE code PIN, or DONE phone PIN\./,
    );
    expect(await asks("James Whitfield", `DONE ${code} 4826`)).toMatch(
      /^S\w{7} Settled: Computer class, 60 SoCC/,
    );
    expect(await asks("James Whitfield", "DONE")).toBe("No order is open.");
  });

  test("a manager is not asked to settle their own", async () => {
    await asks("James Whitfield", "REDEEM TOPUP 4826");
    await world.phoneOf("James Whitfield").receives(/Phone top-up \$15: 60 SoCC held/);
    expect(world.phoneOf("James Whitfield").inbox().join("\n")).not.toMatch(
      /James Whitfield orders/,
    );
    expect(await asks("James Whitfield", "DONE")).toBe("No order is open.");
    expect(await asks("James Whitfield", "DONE 202 555 0103 4826")).toMatch(/^No order of this/);
    expect(await asks("James Whitfield", "CANCEL topup 4826")).toMatch(
      /^Phone top-up \$15 is called/,
    );
  });

  test("a shop on a manager's phone is told what to hand over, which the manager does not settle", async () => {
    await asks("Rosa Hernandez", "REDEEM DIAPERS 3691");
    const shop = world.db.updateTable("member").where("name", "=", "Corner Market");
    await shop.set({ phone: world.numberOf("James Whitfield") }).execute();
    expect(await asks("James Whitfield", "DONE")).toBe(
      "To hand over: Rosa Hernandez: DIAPERS Diapers. Text DONE code key.",
    );
    await shop.set({ phone: world.numberOf("Corner Market") }).execute();
    expect(await asks("Rosa Hernandez", "CANCEL DIAPERS 3691")).toMatch(/^Diapers is called off/);
  });

  test("with the member's phone dead and the code lost, their number names the order", async () => {
    await asks("Rosa Hernandez", "REDEEM DIAPERS 3691");
    expect(await asks("Corner Market", "DONE")).toBe(
      "To hand over: Rosa Hernandez: DIAPERS Diapers. Text DONE code key.",
    );
    expect(await asks("Rosa Hernandez", `DONE ${rosas} 3691`)).toMatch(/^Only a manager/);
    expect(await asks("James Whitfield", `DONE ${rosas} 1111`)).toMatch(/^Wrong PIN/);
    expect(await asks("James Whitfield", `DONE ${rosas} 4826`)).toMatch(
      /^S\w{7} Settled: Diapers, 48 SoCC/,
    );
    expect(await balanceOf(world, "Corner Market")).toBe(48);
    expect(await asks("James Whitfield", `DONE ${rosas} 4826`)).toMatch(/^No order of this member/);
  });

  test("of several it is asked which, and answered by the reward's word", async () => {
    await asks("Rosa Hernandez", "REDEEM COMPUTER 3691");
    await asks("Rosa Hernandez", "REDEEM GED 3691");
    expect(await asks("James Whitfield", `DONE ${rosas} 4826`)).toMatch(
      /^Which of these\? Rosa Hernandez: COMPUTER Computer class, Rosa Hernandez: GED GED test\. Text DONE phone word PIN/,
    );
    const before = await balanceOf(world, "Corner Market");
    expect(await asks("James Whitfield", `DONE ${rosas} GED 4826`)).toMatch(
      /Settled: GED test, 120/,
    );
    expect(await asks("James Whitfield", `DONE ${rosas} rosa 4826`)).toMatch(/Settled: Computer/);
    expect(await balanceOf(world, "Corner Market")).toBe(before);
  });

  test("a member sees what is open, and calls it off by its word", async () => {
    const before = await balanceOf(world, "Rosa Hernandez");
    await asks("Rosa Hernandez", "REDEEM SMARTRIP 3691");
    await asks("Rosa Hernandez", "REDEEM SMARTRIP 3691");
    expect(await asks("Rosa Hernandez", "CANCEL")).toBe(
      "Open: SMARTRIP (SmarTrip $10 40), SMARTRIP (SmarTrip $10 40). To call one off text CANCEL and its word: CANCEL SMARTRIP PIN.",
    );
    expect(await asks("Rosa Hernandez", "CANCEL DIAPERS 3691")).toMatch(
      /^You have no open order of/,
    );
    expect(await asks("Rosa Hernandez", "CANCEL SMARTRIP 1111")).toMatch(/^Wrong PIN/);
    expect(await asks("Rosa Hernandez", "CANCEL smartrip 3691")).toMatch(
      /^SmarTrip \$10 is called/,
    );
    expect(await balanceOf(world, "Rosa Hernandez")).toBe(before - 40);
    expect(await asks("Rosa Hernandez", "CANCEL SMARTRIP 3691")).toMatch(
      /^SmarTrip \$10 is called/,
    );
    expect(await balanceOf(world, "Rosa Hernandez")).toBe(before);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});

test("a vendor sees the cash-outs that wait, by CANCEL", async () => {
  const world = await openWorld({ community: "madurai-ward" });
  const asks = asksIn(world);
  await world.earned("Murugan Stores", 50);
  await asks("Murugan Stores", "LANG en");
  await asks("Murugan Stores", "CASHOUT 20 6284");
  expect(await asks("Murugan Stores", "CANCEL")).toBe(
    "Open: 20 (INR 90.00). To call one off text CANCEL and its word: CANCEL 20 PIN.",
  );
  await world.close();
});
