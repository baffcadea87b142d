import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";

// R17.
describe("a receipt that is not right", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.earned("Achieng Otieno", 50);
  });
  afterAll(() => world.close());

  const receiptOf = async (): Promise<string> => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.dials().presses("4", "0711000102", "5", "1", "2580").ends("Sent 5 SoCC");
    const [, receipt = ""] = await achieng.receives(/^(S\w{7}) Sent 5 SoCC from Achieng/);
    return receipt;
  };

  test("is disputed by text, and a manager is asked to decide", async () => {
    const receipt = await receiptOf();
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.texts(`dispute ${receipt.toLowerCase()} I meant 0711000103`);
    await achieng.receives(new RegExp(`${receipt} is disputed`));
    await world.phoneOf("Grace Akinyi").receives(new RegExp(`Achieng Otieno disputes ${receipt}`));
    const { words } = await world.db
      .selectFrom("dispute")
      .select("words")
      .executeTakeFirstOrThrow();
    expect(words).toBe("I meant ****");
  });

  test("is disputed once, by its own, and within a day", async () => {
    const receipt = await receiptOf();
    const refused = /older than 24 hours, or was disputed before/;
    const ouma = world.phoneOf("Ouma Odhiambo");
    await ouma.texts(`DISPUTE ${receipt} it is mine`);
    const achieng = world.phoneOf("Achieng Otieno");
    await world.timePasses({ days: 1, minutes: 1 });
    await achieng.texts(`DISPUTE ${receipt} too late`);
    await achieng.receives(refused);
    const disputes = await world.db.selectFrom("dispute").select("id").execute();
    expect(disputes).toHaveLength(1);
  });

  test("says which word is missing", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.texts("DISPUTE");
    await achieng.receives(/Please add the receipt: DISPUTE receipt words/);
  });
});
