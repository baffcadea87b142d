import { afterAll, beforeAll, expect, test } from "vitest";
import { adminOf, keyFor, overseer } from "../support/admin.ts";
import { openWorld, type World } from "../support/world.ts";

// People memorise a number and dial straight to it: it stands for one item of the menu, whatever
// became of the others, on the phone as in a text.
let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.earned("Achieng Otieno", 500);
});
afterAll(() => world.close());

const change = async (contents: object): Promise<void> => {
  const changes = "/communities/kisumu-manyatta/menus/changes";
  const women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
  const draft = { note: "Talked over on Sunday.", ...contents };
  const { id } = (await women.post(changes, draft).gives(201)) as { id: string };
  await overseer(world).post(`${changes}/${id}/approve`).gives(200, { status: "in-force" });
};

test("a deed keeps its number when the one before it ends, dialled or texted", async () => {
  const achieng = world.phoneOf("Achieng Otieno");
  await change({ retire_deeds: ["DUMP"] });
  await achieng.dials("*384*2255*2*3#").sees("Kitchen garden shift, 10 SoCC");
  await achieng
    .dials()
    .presses("2")
    .sees("1. Sorted waste 3\n3. Kitchen garden shift 10")
    .presses("2")
    .sees("Pick a number shown.");
  await achieng.texts("CLAIM 3");
  await achieng.receives(/^Claim \w{4} sent: 10 SoCC/);
});

test("a manager records it by the same number", async () => {
  await world
    .phoneOf("Grace Akinyi")
    .dials()
    .presses("9", "1", "wanjiku", "3")
    .sees("Kitchen garden shift, 10 SoCC");
});

test("a reward keeps its number when another runs out, and on another page", async () => {
  const achieng = world.phoneOf("Achieng Otieno");
  await world.db.updateTable("reward").set({ stock: 0 }).where("code", "=", "UMBRELLA").execute();
  await achieng.dials("*384*2255*3*3#").sees("Solar light at Okello Solar");
  const more = achieng.dials().presses("3").sees("1. School supplies 20\n3. Solar light 100");
  await more.presses("98").sees("6. Clean stove 250").presses("6").sees("Clean stove at Okello");
});

test("more items than a phone has numbers for are not even drafted", async () => {
  const name = { en: "Deed", sw: "Kazi", luo: "Tich" };
  const screening = {
    not_already_happening: "No.",
    promotes_larger_good: "Yes.",
    no_substitute_for_paid_work: "No.",
  };
  const deeds = (letter: string, count: number) =>
    Array.from({ length: count }, (_, at) => ({
      code: `${letter}${at}`,
      value: 5,
      name,
      screening,
    }));
  await change({ deeds: deeds("A", 50) });
  const women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
  await women
    .post("/communities/kisumu-manyatta/menus/changes", { note: "x", deeds: deeds("B", 50) })
    .gives(422, { errors: [{ field: "deeds" }] });
  await change({ deeds: deeds("B", 42) });
  const positions = await world.db
    .selectFrom("deed")
    .select("position")
    .where("valid_until", "is", null)
    .orderBy("position")
    .execute();
  expect(new Set(positions.map(({ position }) => position)).size).toBe(positions.length);
  await world.phoneOf("Achieng Otieno").dials("*384*2255*2*56#").sees("Deed");
});
