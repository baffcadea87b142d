import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";

// R27.
describe("a PIN", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.earned("Achieng Otieno", 50);
  });
  afterAll(() => world.close());

  const pays = (...pins: string[]) =>
    world
      .phoneOf("Achieng Otieno")
      .dials("*384*2255*4#")
      .presses("0711000102", "5", "1", ...pins);

  test("is changed by who knows it, and the number is told", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng
      .dials()
      .presses("6", "3")
      .sees("Enter your PIN of now")
      .presses("1111")
      .sees("Wrong PIN. Tries left: 2")
      .presses("2580", "2222")
      .sees("Too easy")
      .presses("9035", "9035")
      .ends("Your new PIN is set");
    await achieng.receives(/The PIN of Achieng Otieno was changed/);
    await pays("2580").sees("Wrong PIN");
    await pays("9035").ends("Sent 5 SoCC to Wanjiku Kamau");
  });

  test("locks at the third wrong try, and blocks at the second round", async () => {
    await pays("0001", "0001")
      .sees("Tries left: 1")
      .presses("0001")
      .ends("Try again in 15 minutes");
    await pays("9035").ends("Try again in 15 minutes");
    await world.timePasses({ minutes: 16 });
    await pays("0001", "0001", "0001").ends("Your PIN is blocked");
    await world.timePasses({ days: 1 });
    await pays("9035").ends("Your PIN is blocked");
    // Receiving goes on.
    await world
      .phoneOf("Wanjiku Kamau")
      .dials()
      .presses("4", "0711000101", "1", "1", "3691")
      .ends("Achieng Otieno");
  });

  test("is reset by a manager, after a wait in which the number is told", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    const grace = world.phoneOf("Grace Akinyi");
    await grace
      .dials()
      .presses("9", "5", "achieng")
      .sees("Reset the PIN of Achieng Otieno (..101)")
      .presses("1", "4826")
      .ends(/From 16\/3\/26 5:56PM Achieng Otieno can dial/);
    await achieng.receives(/Grace Akinyi started a reset of your PIN\. From 16\/3\/26 5:56PM/);
    await grace.dials().presses("9", "5", "0711000101", "1", "4826").ends("is under way");
    await achieng.dials().sees("SoCC Kisumu Manyatta");
    await world.timePasses({ days: 1 });
    await achieng.dials().sees("Choose your language").presses("1", "6093", "6093").ends("is set");
    await pays("6093").ends("Sent 5 SoCC");
  });

  test("a right PIN in that time ends the reset: it was not their wish", async () => {
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("9", "5", "wanjiku", "1", "4826")
      .ends("Wanjiku Kamau can dial");
    const wanjiku = world.phoneOf("Wanjiku Kamau");
    await wanjiku.dials().presses("4", "0711000101", "1", "1", "3691").ends("Achieng");
    await world.timePasses({ days: 2 });
    await wanjiku.dials().sees("SoCC Kisumu Manyatta");
  });

  test("nobody resets their own", async () => {
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("9", "5", "grace", "1", "4826")
      .ends("Another manager");
  });

  test("after 90 days of quiet the name is asked for before value moves (R28)", async () => {
    await world.timePasses({ days: 91 });
    // A right PIN where no value moves ends no silence.
    await world.phoneOf("Achieng Otieno").dials().presses("6", "3", "6093").sees("new PIN");
    await world
      .phoneOf("Achieng Otieno")
      .dials()
      .presses("4", "0711000102", "1")
      .sees("You have been away for long")
      .presses("Mallory")
      .sees("Not the first name")
      .presses("ACHIENG o.", "1", "6093")
      .ends("Sent 1 SoCC");
    await pays("6093").ends("Sent 5 SoCC");
    expect((await world.verifyBooks()).ok).toBe(true);
  });
});
