import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";

// R26 and R30.
describe("coming in", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test("a manager enrols Asha, who chooses a language and a PIN at her first dial", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    const asha = world.phoneOf("+254711000200");
    await grace
      .dials()
      .presses("9")
      .sees("2. Enrol")
      .presses("2")
      .sees("Phone number of the new member")
      .presses("12")
      .sees("Not a phone number.")
      .presses("0711000200")
      .sees("First and last name")
      .presses("A")
      .sees("2 to 24 letters")
      .presses("Asha Wambui")
      .sees("Enrol Asha Wambui (..200)")
      .presses("1", "4826")
      .ends("Asha Wambui is enrolled");
    await asha.receives(/Welcome to SoCC, Asha Wambui\. Dial \*384\*2255#/);

    await asha
      .dials()
      .sees("1. English\n2. Kiswahili")
      .presses("1")
      .sees("Choose a PIN of 4 digits")
      .presses("1234")
      .sees("Too easy to guess")
      .presses("7777")
      .sees("Too easy to guess")
      .presses("0200")
      .sees("Too easy to guess")
      .presses("5086")
      .sees("Type the PIN once more")
      .presses("5068")
      .sees("Not the same")
      .presses("5086")
      .ends("Your PIN is set");
    await asha.receives(/The PIN of Asha Wambui was changed 14\/3\/26 5:40PM/);
    await asha.dials().sees("SoCC Kisumu Manyatta\n1. Balance, SoCC Book\n2. Claim a deed");
  });

  test("her language is what she chose, in the very call and after", async () => {
    const asha = world.phoneOf("+254711000200");
    await asha
      .dials()
      .presses("6", "2", "2")
      .ends(/Kiswahili/);
    await asha.dials().sees("Dai tendo");
    await asha.dials().presses("6", "2", "1").ends("From now on we speak English");
  });

  test("a stranger asks to join, once, and is let in by a manager", async () => {
    const otieno = world.phoneOf("+254711000300");
    const grace = world.phoneOf("Grace Akinyi");
    await otieno
      .dials()
      .sees("Choose your language")
      .presses("1")
      .sees("You are not in this community yet")
      .presses("Peter Otieno")
      .sees("Peter Otieno asks to join Kisumu Manyatta")
      .presses("1")
      .ends("Thank you, Peter Otieno. A manager has been asked");
    await otieno.dials().presses("1", "Peter Otieno", "1").ends("you have asked already");
    await grace.receives(/Peter Otieno \(\.\.300\) asks to join/);
    await grace
      .dials()
      .presses("9", "3")
      .sees("1. Peter Otieno ..300")
      .presses("1")
      .sees("1. Let in\n2. Decline")
      .presses("1", "4826")
      .ends("Peter Otieno is enrolled");
    await otieno.receives(/Welcome to SoCC, Peter Otieno/);
    await otieno.dials().sees("Choose your language").presses("1").sees("Choose a PIN");
  });

  test("or is declined, and told", async () => {
    const stranger = world.phoneOf("+254711000301");
    await stranger.dials().presses("1", "No Body", "1").ends("Thank you");
    await world
      .phoneOf("Grace Akinyi")
      .dials()
      .presses("9", "3", "1", "2", "4826")
      .ends("No Body is not let in");
    await stranger.receives(/was declined/);
    await stranger.dials().presses("1").sees("You are not in this community yet");
  });

  test("a stranger can reach nothing else, whatever is pressed", async () => {
    const stranger = world.phoneOf("+254711000302");
    await stranger
      .dials()
      .presses("00")
      .sees("Choose your language")
      .presses("1", "00")
      .sees("Choose");
    await stranger.dials("*384*2255*8*1#").sees("You are not in this community yet");
  });

  test("Mary and Akoth share a phone: the menu asks who is calling, and each has their own", async () => {
    await world.earned("Akoth Atieno", 20);
    const phone = world.phoneOf("Mary Atieno");
    await phone.dials().sees("1. Mary Atieno\n2. Akoth Atieno").presses("2", "1").ends("20");
    await phone.dials().presses("1", "1").ends(/\b0\b/);
    await phone.dials().presses("1", "6").sees("Mary Atieno").presses("00").sees("1.");
  });

  test("Achieng asks for an account for her son; another manager than the guardian lets him in", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng
      .dials()
      .presses("6", "6")
      .sees("This phone serves Achieng Otieno")
      .presses("Jomo Otieno")
      .sees("Jomo Otieno")
      .presses("1")
      .ends("A manager has been asked to add Jomo Otieno");
    await world
      .phoneOf("Baraka Mwangi")
      .dials()
      .presses("9", "3", "1", "1", "9517")
      .ends("Jomo Otieno");
    await achieng
      .dials()
      .sees("1. Achieng Otieno\n2. Jomo Otieno")
      .presses("2")
      .sees("Choose your");
  });

  test("no name, number or PIN that was typed stands in a session, and the audit log tells who", async () => {
    const stored = await world.everythingStored();
    for (const typed of ["0711000200", "254711000200"]) expect(stored).not.toContain(typed);
    // By itself: four digits may well stand within an id.
    expect(/(?<![\w-])5086(?![\w-])/.exec(stored)).toBeNull();
    const acts = await world.db.selectFrom("audit_event").select("act").execute();
    expect(acts.filter(({ act }) => act === "member.enrolled")).toHaveLength(3);
  });
});
