import { afterAll, beforeAll, expect, test } from "vitest";
import { readCommunityFiles } from "../../src/domain/community-file.ts";
import { join } from "node:path";
import { expectNoSecrets, openWorld, type World } from "../support/world.ts";

const [file] = readCommunityFiles(join(import.meta.dirname, "../../menus/communities"));

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

// Trap 17 and R29. Closing a world looks through its log lines in every other file as well.
test("no PIN, key, secret or whole number is in any log line or stored row", async () => {
  const achieng = world.phoneOf("Achieng Otieno");
  const grace = world.phoneOf("Grace Akinyi");
  await achieng.dials().presses("2", "3", "1").ends("Claim");
  const [, code = ""] = await grace.receives(/OK (\w{4})/);
  // A PIN where one is asked for, where none is, wrong ones, and in texts of all sorts.
  await grace.dials().presses("8", "1", "1", "0000").sees("Wrong PIN. Tries left: 2");
  await grace.dials().presses("4826", "4826", "8", "4826").sees("Pick a number");
  await achieng.dials("*384*2255*2580#").sees("Pick a number");
  await grace.texts(`OK ${code}4826`);
  await grace.texts("my pin is 4 8 2 6 and my number is +254711000104");
  await grace.texts(`OK ${code} 4826 4826`);
  await grace.dials().presses("8", "1", "1", "4826").ends("Confirmed");
  await achieng.receives(/Confirmed/);
  await world.phoneOf("+254722333444").texts("OK 4826 2580");

  if (file === undefined) throw new Error("no community file");
  expect(world.logs.length).toBeGreaterThan(10);
  expectNoSecrets(world.logs.join(""), file);
  const stored = await world.everythingStored();
  expect(stored).toContain("public.inbound_message");
  expect(stored).toContain("public.ussd_session");
  expectNoSecrets(stored, file);
});
