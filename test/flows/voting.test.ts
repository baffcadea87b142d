import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postForm, type Phone } from "../support/phone.ts";
import { fillCache, newestProposal } from "../support/proposals.ts";
import { callback_secret, openWorld, type World } from "../support/world.ts";

// R18: put, voted on, counted, by dialling alone.
describe("a community votes on its cache by dialling", () => {
  let world: World;
  let achieng: Phone, wanjiku: Phone, ouma: Phone, grace: Phone, baraka: Phone;
  beforeAll(async () => {
    world = await openWorld();
    achieng = world.phoneOf("Achieng Otieno");
    wanjiku = world.phoneOf("Wanjiku Kamau");
    ouma = world.phoneOf("Ouma Odhiambo");
    grace = world.phoneOf("Grace Akinyi");
    baraka = world.phoneOf("Baraka Mwangi");
    await fillCache(world.db, 1_000);
  });
  afterAll(() => world.close());

  const proposesChairs = () => grace.dials().presses("9", "9", "7", "1", "4826");

  test("a manager proposes what the cache can pay, and the other managers are told", async () => {
    await achieng.dials().presses("5").ends("Cache 1000 commSoCC. It can buy: Ten chairs 800");
    const menu = grace.dials().presses("9", "9").sees("7. Ten chairs 800\n8. Tent 3500");
    await menu.presses("8").ends("Tent costs 3500 commSoCC, and the cache has 1000. Nothing was");
    await grace
      .dials()
      .presses("9", "9", "7")
      .sees("Propose Ten chairs for 800 commSoCC. Cache 1000. Members vote for 7 days.")
      .presses("1", "4826")
      .ends(/Proposal \w{4}: Ten chairs, 800 commSoCC\. Members vote until 21\/3/);
    const { code } = await newestProposal(world);
    await baraka.receives(new RegExp(`^Pendekezo ${code}: Viti kumi .* hadi 21/3.*KURA ${code}$`));
    expect(grace.inbox()).toEqual([]);
  });

  test("not twice at a time", async () => {
    await proposesChairs().ends("Ten chairs is being voted on already");
  });

  test("members vote under 5, and change their minds until it closes", async () => {
    await achieng
      .dials("*384*2255*5#")
      .sees("1. Ten chairs 800")
      .presses("1")
      .sees("Ten chairs 800. Cache 1000, until 21/3. 0/7 voted: yes 0, no 0, abstain 0\n1. Yes")
      .presses("1")
      .sees("PIN")
      .presses("2580")
      .ends("Ten chairs: your vote is YES. You can change it until 21/3.");
    await achieng.receives(/^\w{4} Ten chairs: your vote is YES\./);
    await wanjiku
      .dials()
      .presses("5", "1")
      .sees("Kura 1/7: ndiyo 1, hapana 0, kati 0")
      .presses("2", "3691")
      .ends("HAPANA");
    await achieng.dials().presses("5", "1", "3", "2580").ends("your vote is ABSTAIN");
    await achieng.dials().presses("5", "1").sees("2/7 voted: yes 0, no 1, abstain 1");
    await achieng.dials().presses("5", "1", "1", "2580").ends("your vote is YES");
  });

  test("a child votes with her own PIN on her guardian's phone, and a manager as a member", async () => {
    const theirs = world.phoneOf("Akoth Atieno");
    await theirs.dials().presses("2", "5", "1", "1", "8052").sees("PIN ok en kare");
    await theirs.dials().presses("2", "5", "1", "1", "5927").ends("EE");
    await theirs.dials().presses("1", "5", "1", "1", "8052").ends("EE");
    await grace.dials().presses("5", "1", "3", "4826").ends("ABSTAIN");
    const { id } = await newestProposal(world);
    const votes = await world.db
      .selectFrom("vote")
      .select("choice")
      .where("proposal_id", "=", id)
      .execute();
    expect(votes.map(({ choice }) => choice).sort()).toEqual([
      ...["abstain", "no", "yes", "yes", "yes"],
    ]);
  });

  test("a vendor sees how it stands, and does not vote", async () => {
    await world
      .phoneOf("Okello Solar")
      .dials()
      .presses("5", "1")
      .ends("5 of 7 voted: yes 3, no 1, abstain 1. Only members vote.");
  });

  test("the last turn of a vote, ten times at once, is one vote and one receipt", async () => {
    const call = ouma.dials().presses("5", "1", "2");
    const { fields } = await call.last();
    const turn = { ...fields, text: `${fields["text"] ?? ""}*7413` };
    const path = `/at/${callback_secret}/ussd`;
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => (await postForm(world.service.app, path, turn)).body),
    );
    expect(new Set(answers)).toEqual(new Set([answers[0]]));
    expect(answers[0]).toMatch(/^END .*OOYO/);
    await ouma.receives(/ombulu mari en OOYO/);
    expect(ouma.inbox().filter((text) => text.includes("OOYO"))).toHaveLength(1);
  });

  test("it is counted once its time is over: the managers and those who voted are told", async () => {
    await ouma.texts("STOP");
    await ouma.receives(/WEYO|CHAK/);
    const late = await achieng.dials().presses("5", "1", "2").sees("PIN").last();
    await world.timePasses({ days: 7 });
    // A vote that comes as it closes is refused, and told so.
    const path = `/at/${callback_secret}/ussd`;
    const turn = { ...late.fields, text: `${late.fields["text"] ?? ""}*2580` };
    const { body } = await postForm(world.service.app, path, turn);
    expect(body).toMatch(/^CON Voting on that has ended\.\nNo proposal is open/);

    expect(await newestProposal(world)).toMatchObject({
      ...{ state: "passed", members: 7, yes: 3, no: 2, abstain: 1, journal_id: null },
    });
    const { code } = await newestProposal(world);
    await grace.receives(
      new RegExp(
        `^Proposal ${code} has passed: .*6 of 7 voted: yes 3, no 2, abstain 1\\. The part`,
      ),
    );
    await achieng.receives(new RegExp(`^Proposal ${code} has passed`));
    await wanjiku.receives(new RegExp(`^Pendekezo ${code} limepita`));
    // One text for the two who share a phone, and none after STOP.
    const theirs = world.phoneOf("Mary Atieno");
    await theirs.receives(new RegExp(`^Paro ${code} okalo`));
    expect(theirs.inbox().filter((text) => text.includes("okalo"))).toHaveLength(1);
    const withheld = await world.db
      .selectFrom("message")
      .select("reason")
      .where("text", "like", `Paro ${code} okalo%`)
      .where("recipient", "=", world.numberOf("Ouma Odhiambo"))
      .execute();
    expect(withheld).toEqual([{ reason: "opted out" }]);
    await achieng.dials().presses("5").ends("Cache 1000 commSoCC. It can buy: Ten chairs 800");
  });

  test("passed proposals that together want more than the cache are told of", async () => {
    await proposesChairs().ends("Proposal");
    for (const [phone, pin] of [
      [achieng, "2580"],
      [wanjiku, "3691"],
      [ouma, "7413"],
    ] as const)
      await phone.dials().presses("5", "1", "1", pin).ends(/^END/);
    await world.timePasses({ days: 7 });
    await grace.receives(/passed proposals want 1600 commSoCC together, the cache has 1000/);
  });

  test("two voters of seven are no quorum, and the proposal fails", async () => {
    await proposesChairs().ends("Proposal");
    await achieng.dials().presses("5", "1", "1", "2580").ends("YES");
    await wanjiku.dials().presses("5", "1", "1", "3691").ends("NDIYO");
    await world.timePasses({ days: 7 });
    const { code, ...found } = await newestProposal(world);
    expect(found).toMatchObject({ state: "failed", members: 7, yes: 2, no: 0, abstain: 0 });
    await achieng.receives(new RegExp(`^Proposal ${code} has not passed: .*2 of 7 voted`));
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});
