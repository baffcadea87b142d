import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminOf, keyFor } from "../support/admin.ts";
import { openWorld, type World } from "../support/world.ts";
import { asksIn } from "./texting.ts";

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

// R25: Washington has texts only.
test("managers of a community without dialling decide by text, as the text says", async () => {
  const world = await openWorld({ community: "dc-bread-for-the-city" });
  const asks = asksIn(world);
  const people = world.parts.demo[0]?.demo_people ?? [];
  const [giver, taker] = people.filter(({ roles }) => roles.join() === "member");
  const manager = people.find(({ roles }) => roles.includes("manager"));
  if (giver === undefined || taker === undefined || manager === undefined)
    throw new Error("Washington has two members and a manager");
  const partner = adminOf(world, await keyFor(world, "Bread for the City"));
  const disputes = "/communities/dc-bread-for-the-city/disputes";
  await world.earned(giver.name, 30);
  const sent = async (): Promise<string> => {
    const answer = await asks(giver.name, `SEND ${taker.phone} 5 ${giver.pin}`);
    const [, word] = /(?:SEND|ENVIAR) (\w{4})/.exec(answer) ?? [];
    const done = word === undefined ? answer : await asks(giver.name, `SEND ${word}`);
    const [receipt = ""] = /S\w{7}/.exec(done) ?? [];
    await asks(giver.name, `DISPUTE ${receipt} wrong number`);
    return receipt;
  };

  const wrong = await sent();
  await world.phoneOf(manager.name).receives(new RegExp(`OK ${wrong} PIN.*NO ${wrong} PIN`));
  expect(await asks(manager.name, `OK ${wrong} 0000`)).toMatch(/Wrong PIN|PIN incorrecto/);
  expect(await asks(giver.name, `OK ${wrong} ${giver.pin}`)).toMatch(/Only a manager/);
  expect(await asks(manager.name, `OK S0000000 ${manager.pin}`)).toMatch(/^No dispute of this/);
  expect(await asks(manager.name, `ok ${wrong.toLowerCase()} ${manager.pin}`)).toMatch(/^Noted/);
  const partnerDecides = async (upholds: boolean, status: string) => {
    const { items } = (await partner.get(disputes).gives(200)) as { items: { id: string }[] };
    await partner
      .post(`${disputes}/${items[0]?.id ?? ""}/decide`, { upholds })
      .gives(200, { status });
  };
  await partnerDecides(true, "upheld");

  const right = await sent();
  expect(await asks(manager.name, `NO ${right} ${manager.pin}`)).toMatch(/^Noted/);
  await partnerDecides(false, "declined");
  await partner.get(`${disputes}?status=declined`).gives(200, { items: [{ receipt: right }] });
  expect(await world.verifyBooks()).toMatchObject({ ok: true });
  await world.close();
});
