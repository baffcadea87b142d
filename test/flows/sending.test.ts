import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postForm } from "../support/phone.ts";
import { callback_secret, openWorld, type World } from "../support/world.ts";

// R16.
describe("sending", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.earned("Achieng Otieno", 700);
  });
  afterAll(() => world.close());

  test("the receiver's name and the amount are on one screen before the PIN; both have receipts", async () => {
    await world
      .phoneOf("Achieng Otieno")
      .dials()
      .presses("4", "0711 000 999")
      .sees("Nobody else here has this number")
      .presses("0711000101")
      .sees("Nobody else here has this number")
      .presses("+254 711 000 102")
      .sees("You have 700 SoCC")
      .presses("0")
      .sees("Phone number of the receiver")
      .presses("0711000102", "701")
      .sees("You have 700 SoCC.")
      .presses("x")
      .sees("Enter a whole number")
      .presses("25")
      .sees("Send 25 SoCC to Wanjiku Kamau (..102)")
      .presses("1", "2580")
      .ends(/S\w{7} Sent 25 SoCC to Wanjiku Kamau\. Balance 675\./);
    await world
      .phoneOf("Achieng Otieno")
      .receives(/Sent 25 SoCC from Achieng Otieno to Wanjiku Kamau 14\/3\/26 5:40PM\. Balance 675/);
    await world.phoneOf("Wanjiku Kamau").receives(/Achieng Otieno.*25|25.*Achieng Otieno/);
  });

  test("where a phone serves several, one is chosen by name", async () => {
    await world
      .phoneOf("Achieng Otieno")
      .dials()
      .presses("4", "0711000108")
      .sees("1. Mary Atieno ..108\n2. Akoth Atieno ..108")
      .presses("2", "5")
      .sees("to Akoth Atieno")
      .presses("1", "2580")
      .ends("Sent 5 SoCC to Akoth Atieno");
  });

  test("the day's limit holds, and is a new one tomorrow", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.dials().presses("4", "0711000102", "471").sees("You can send 470 more today");
    await achieng.dials().presses("4", "0711000102", "470", "1", "2580").ends("Balance 200.");
    await achieng.dials().presses("4", "0711000102", "1").sees("You can send 0 more today");
    // Half past midnight in Kisumu.
    await world.timePasses({ minutes: 6 * 60 + 50 });
    await achieng.dials().presses("4", "0711000102", "10", "1", "2580").ends("Balance 190.");
  });

  // Trap 8: the first call's answer was lost, so the member dials again and takes it up again.
  test("a transfer whose answer was lost, taken up again, is sent once", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    const { fields } = await achieng.dials().presses("4", "0711000102", "7", "1").last();
    const path = `/at/${callback_secret}/ussd`;
    const send = postForm(world.service.app, path, {
      ...fields,
      text: `${fields["text"] ?? ""}*2580`,
    });
    const again = achieng.redials().presses("1", "2580").last();
    const [first, second] = await Promise.all([send, again]);
    // Whichever came first sent it; the other is told that, or that it was interrupted, or finds
    // nothing to take up again.
    const answers = [first.body, second.answer];
    const sent_told = answers.filter((answer) => answer.startsWith("END S"));
    expect(sent_told.length, answers.join("\n")).toBeGreaterThan(0);
    for (const answer of answers)
      expect(answer).toMatch(
        /^(END S\w{7} Sent 7 SoCC.*Balance 183|END This call was int|END Balance 183|CON )/,
      );
    const sent = await world.db
      .selectFrom("ledger.journal")
      .select("id")
      .where("kind", "=", "transfer")
      .execute();
    expect(sent).toHaveLength(5);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});
