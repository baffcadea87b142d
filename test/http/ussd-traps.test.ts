import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compose } from "../../src/compose/service.ts";
import { postForm } from "../support/phone.ts";
import { query } from "../support/servers.ts";
import { callback_secret, openWorld, type World } from "../support/world.ts";

// africas-talking.md, "Traps". The others: 1 to 3, 5 and 7 in ussd-callback.test.ts, 4 in
// twice.test.ts, 8 in sending.test.ts and database-gone.test.ts, 10 in words/budget.test.ts.
describe("the traps of a USSD gateway", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.earned("Achieng Otieno", 100);
    await world.earned("Wanjiku Kamau", 100);
  });
  afterAll(() => world.close());

  const path = `/at/${callback_secret}/ussd`;
  const transfers = async (): Promise<number> =>
    (
      await world.db
        .selectFrom("ledger.journal")
        .select("id")
        .where("kind", "=", "transfer")
        .execute()
    ).length;

  test("6: wrong PINs, Back, Main and More go on accumulating, and each is one reply", async () => {
    await world
      .phoneOf("Achieng Otieno")
      .dials()
      .presses("4", "0711000102", "9", "0", "12", "98", "1", "0000")
      .sees("Wrong PIN. Tries left: 2")
      .presses("00")
      .sees("SoCC Kisumu Manyatta")
      .presses("4", "0711000102", "3", "1", "1111")
      .sees("Tries left: 1")
      .presses("2580")
      .ends("Sent 3 SoCC to Wanjiku Kamau. Balance 97.");
  });

  test("6: a wrong try stays counted though the act that follows it fails", async () => {
    const wanjiku = world.phoneOf("Wanjiku Kamau");
    const tries = async (): Promise<number> => {
      const { wrong_tries } = await world.db
        .selectFrom("pin")
        .innerJoin("member", "member.id", "pin.member_id")
        .select("wrong_tries")
        .where("member.name", "=", "Wanjiku Kamau")
        .executeTakeFirstOrThrow();
      return wrong_tries;
    };
    const call = wanjiku.dials().presses("4", "0711000101", "3", "1", "0001").sees(/^CON/);
    await call;
    await query(world.database_url, "revoke execute on function ledger.post from soccs_app");
    // The right PIN would have forgotten the wrong one; with the act, that is taken back.
    await call.presses(world.pinOf("Wanjiku Kamau")).ends("Nothing was taken");
    await query(world.database_url, "grant execute on function ledger.post to soccs_app");
    expect(await tries()).toBe(1);
    await wanjiku
      .dials()
      .presses("4", "0711000101", "3", "1", "3691")
      .ends(/^END S/);
    expect(await tries()).toBe(0);
  });

  test("7: zeros in front of amounts are forgiven, in front of a PIN they count", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.dials().presses("6", "3", "2580", "0937", "0937").ends("Your new PIN is set");
    await achieng.dials().presses("4", "0711000102", "007", "1", "937").sees("4 digits");
    await achieng
      .dials()
      .presses("4", "0711000102", "007", "1", "0937")
      .ends("Sent 7 SoCC to Wanjiku Kamau");
  });

  test("7: a star in a name comes as two replies, and moves nothing", async () => {
    const before = await transfers();
    const stranger = world.phoneOf("+254733000009");
    await stranger.dials().presses("1", "Jane*Doe").sees("Press 1 to agree");
    expect(await transfers()).toBe(before);
  });

  test("9: a call that is hung up leaves nothing, with or without an event", async () => {
    const before = await transfers();
    const { fields } = await world
      .phoneOf("Achieng Otieno")
      .dials()
      .presses("4", "0711000102", "5", "1")
      .last();
    for (const status of ["Incomplete", "Failed", "Success"])
      await postForm(world.service.app, `${path}/events`, { ...fields, status, input: "4*1*0937" });
    expect(await transfers()).toBe(before);
    // The network had it wrong, and the call goes on.
    const { body } = await postForm(world.service.app, path, {
      ...fields,
      text: `${fields["text"] ?? ""}*0937`,
    });
    expect(body).toMatch(/^END S\w{7} Sent 5 SoCC/);
    await postForm(world.service.app, `${path}/events`, { ...fields, status: "Incomplete" });
    expect(await transfers()).toBe(before + 1);
  });

  test("11: a call goes on in another process, after its own has gone", async () => {
    const { fields } = await world
      .phoneOf("Achieng Otieno")
      .dials()
      .presses("4", "0711000102", "2")
      .last();
    const other = await compose({ ...world.parts, role: "web" });
    const text = `${fields["text"] ?? ""}*1`;
    const agreed = await postForm(other.app, path, { ...fields, networkCode: "12345", text });
    expect(agreed.body).toMatch(/^CON Enter your PIN/);
    const sent = await postForm(other.app, path, { ...fields, text: `${text}*0937` });
    expect(sent.body).toMatch(/^END S\w{7} Sent 2 SoCC/);
    await other.close();
  });

  test("11: a call that was begun anew in another is over, and says so", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    const before = await transfers();
    world.clock.moveOn({ seconds: 1 });
    const { fields } = await achieng.dials().presses("4", "0711000102", "5", "1").last();
    world.clock.moveOn({ seconds: 20 });
    await achieng.redials().sees("Your last call broke off").presses("2").sees("1. Balance");
    const late = await postForm(world.service.app, path, {
      ...fields,
      text: `${fields["text"] ?? ""}*0937`,
    });
    expect(late.body).toMatch(/^END This call was interrupted/);
    expect(await transfers()).toBe(before);
  });

  test("11: two calls of one phone at once are two calls, and the day's limit holds over both", async () => {
    await world.db.updateTable("community").set({ send_daily_max: 60 }).execute();
    const achieng = world.phoneOf("Achieng Otieno");
    const ready = () => achieng.dials("*384*2255*4#").presses("0711000102", "40", "1").last();
    const calls = [await ready(), await ready()];
    const answers = await Promise.all(
      calls.map(({ fields }) =>
        postForm(world.service.app, path, { ...fields, text: `${fields["text"] ?? ""}*0937` }),
      ),
    );
    const shown = answers.map(({ body }) => body.replace(/S\w{7}/, "").slice(0, 16)).sort();
    expect(shown).toEqual(["END  Sent 40 SoC", "END You can send"]);
    expect((await world.verifyBooks()).ok).toBe(true);
  });
});
