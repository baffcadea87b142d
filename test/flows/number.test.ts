import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";

// R28.
describe("a change of number", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test("is asked for, witnessed, told to the old number, and takes effect after two days", async () => {
    const old = world.phoneOf("Achieng Otieno");
    const fresh = world.phoneOf("+254711000401");
    const grace = world.phoneOf("Grace Akinyi");
    await old
      .dials()
      .presses("6", "4", "0711000401")
      .sees("moves to the number ending ..401")
      .presses("1", "2580")
      .ends("Now see a manager");
    await world.timePasses({ days: 3 });
    await old.dials().sees("SoCC Kisumu Manyatta");
    await grace
      .dials()
      .presses("9", "6")
      .sees("1. Achieng Otieno to ..401")
      .presses("1")
      .sees("stands before you")
      .presses("1", "4826")
      .ends("The old number is told now");
    await old.receives(/Achieng Otieno moves to the number \.\.401 from 19\/3\/26/);
    await world.timePasses({ days: 1 });
    await old.dials().sees("SoCC Kisumu Manyatta");
    await world.timePasses({ days: 1 });
    await fresh.dials().sees("SoCC Kisumu Manyatta").presses("6").sees("Achieng Otieno");
    await old.dials().presses("1").sees("You are not in this community yet");
    await old.receives(/has moved to the number \.\.401/);
    await fresh.receives(/has moved to the number \.\.401/);
  });

  test("is begun by a manager for a lost phone, and stopped by who still has it", async () => {
    const wanjiku = world.phoneOf("Wanjiku Kamau");
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("9", "7", "wanjiku", "0711000402", "1", "4826")
      .ends("moves to ..402");
    await wanjiku.receives(/\.\.402/);
    await wanjiku.dials().presses("6", "5").sees("..402").presses("1", "3691").ends(/^END /);
    await world.timePasses({ days: 5 });
    await wanjiku.dials().sees("SoCC Kisumu Manyatta");
    await world.phoneOf("+254711000402").dials().presses("1").sees("not in this community");
  });

  test("takes the household along, and refuses what would be nothing or too much", async () => {
    const mary = world.phoneOf("Mary Atieno");
    await mary.dials().presses("1", "6", "4", "0711000108", "1", "8052").ends(/^END /);
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("9", "7", "mary", "0711000403", "1", "4826")
      .ends("..403");
    await mary.dials().presses("1", "6", "4", "0711000404", "1", "8052").ends(/403/);
    await world.timePasses({ days: 3 });
    await world.phoneOf("+254711000403").dials().sees("1. Mary Atieno\n2. Akoth Atieno");
  });

  test("leaves a child where she is who has a number of her own by then", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    await grace.dials().presses("9", "7", "akoth", "0711000405", "1", "4826").ends("..405");
    await world.timePasses({ days: 3 });
    await grace.dials().presses("9", "7", "mary", "0711000406", "1", "4826").ends("..406");
    await world.timePasses({ days: 3 });
    await world.phoneOf("+254711000405").dials().presses("6").sees("Akoth Atieno");
    await world.phoneOf("+254711000406").dials().presses("6").sees("Mary Atieno");
  });

  test("the whole number stands where a number belongs, and nowhere else", async () => {
    const stored = await world.everythingStored();
    expect(stored).not.toMatch(/711000\d{3}/);
  });
});
