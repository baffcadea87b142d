import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "../../src/db/transaction.ts";
import { communityBySlug } from "../../src/domain/communities.ts";
import type { Context } from "../../src/domain/context.ts";
import { decideDispute, type DisputeDecided } from "../../src/domain/disputes.ts";
import type { Phone } from "../support/phone.ts";
import { openWorld, type World } from "../support/world.ts";

// R17: from the receipt within 24 hours, decided by a manager and the partner, remedied by a reversal.
describe("disputes", () => {
  let world: World;
  let achieng: Phone, wanjiku: Phone, grace: Phone, baraka: Phone;
  beforeAll(async () => {
    world = await openWorld();
    achieng = world.phoneOf("Achieng Otieno");
    wanjiku = world.phoneOf("Wanjiku Kamau");
    grace = world.phoneOf("Grace Akinyi");
    baraka = world.phoneOf("Baraka Mwangi");
    await world.earned("Achieng Otieno", 300);
  });
  afterAll(() => world.close());

  /** The partner decides over the admin API: here by its domain function, with texts left unsaid. */
  const partnerDecides = async (upholds: boolean): Promise<DisputeDecided> => {
    const community = await communityBySlug(world.db, "kisumu-manyatta");
    if (community === undefined) throw new Error("there is no Kisumu");
    const say: Context["say"] = (_language, texts, fields) => ({
      text: JSON.stringify([texts[0], fields]),
      segments: 1,
    });
    const pepper = Buffer.from("the-pepper-of-the-tests");
    return await inTransaction(world.db, async (trx) => {
      const { id: dispute_id } = await trx
        .selectFrom("dispute")
        .select("id")
        .orderBy("id", "desc")
        .limit(1)
        .executeTakeFirstOrThrow();
      const context = { trx, community, now: world.clock.now(), say, pepper };
      return await decideDispute(context, { dispute_id, upholds, by: { partner: "key:1" } });
    });
  };
  const sends = async (amount: number): Promise<string> => {
    await achieng.dials().presses("4", "0711000102", String(amount), "1", "2580").ends("Sent");
    const [, receipt = ""] = await achieng.receives(new RegExp(`(S\\w{7}) Sent ${amount} SoCC`));
    return receipt;
  };
  const disputesNewest = (receipt: string) =>
    achieng.dials().presses("6", "7", "1", "1").ends(`${receipt} is disputed`);

  test("sent to the wrong number: the partner and a manager uphold it, and it comes back", async () => {
    const receipt = await sends(25);
    await achieng
      .dials()
      .presses("6", "7")
      .sees(`1. ${receipt} -25`)
      .presses("1")
      .sees(`Dispute ${receipt}, -25 SoCC. A manager and the partner decide.`)
      .presses("1")
      .ends(`${receipt} is disputed`);
    await wanjiku.receives(new RegExp(`Achieng Otieno anapinga ${receipt}: SoCC 25`));
    await grace.receives(new RegExp(`Achieng Otieno disputes ${receipt}: 25 SoCC`));
    // Not twice, by neither of the two.
    await achieng
      .dials()
      .presses("6", "7")
      .sees(new RegExp(`^CON (?!.*${receipt})`, "s"));
    await wanjiku
      .dials()
      .presses("6", "7")
      .sees(new RegExp(`^CON (?!.*${receipt})`, "s"));
    const { kind, facts } = await world.db
      .selectFrom("alert")
      .select(["kind", "facts"])
      .executeTakeFirstOrThrow();
    expect({ kind, facts }).toMatchObject({
      kind: "dispute-raised",
      facts: { receipt, moved: -25 },
    });

    expect(await partnerDecides(true)).toEqual({ type: "dispute-waits" });
    expect(await partnerDecides(true)).toEqual({ type: "decided-before" });
    await grace
      .dials()
      .presses("9", "8")
      .sees("1. Achieng Otieno -25")
      .presses("1")
      .sees(`Achieng Otieno disputes ${receipt}: -25 SoCC`)
      .presses("1", "4826")
      .ends(/S\w{7} It is undone/);
    await achieng.receives(
      new RegExp(`^S\\w{7} Undone, as it was disputed: ${receipt}, 25 SoCC .*Balance 300`),
    );
    await wanjiku.receives(
      new RegExp(`Imebatilishwa baada ya kupingwa: ${receipt}, SoCC 25.*Salio 0`),
    );
    // What undid it is no receipt to dispute.
    await wanjiku.dials().presses("6", "7").sees("Hakuna risiti");
    await grace.dials().presses("9", "8").sees("No dispute is waiting");
  });

  test("one who declines waits for the other, and where they differ everything stands", async () => {
    await disputesNewest(await sends(17));
    await grace.dials().presses("9", "8", "1", "2", "4826").ends("The partner decides too");
    await grace.dials().presses("9", "8").sees("No dispute is waiting");
    expect(await partnerDecides(true)).toMatchObject({ type: "dispute-declined" });
    expect(await partnerDecides(true)).toEqual({ type: "decided-before" });

    const receipt = await sends(13);
    await disputesNewest(receipt);
    expect(await partnerDecides(false)).toEqual({ type: "dispute-waits" });
    await grace
      .dials()
      .presses("9", "8", "1", "1", "4826")
      .ends(`${receipt} stands. Both get a text.`);
    await achieng.receives(
      new RegExp(`^${receipt} was disputed and stands: 13 SoCC\\. Balance 270`),
    );
    await wanjiku.receives(
      new RegExp(`^${receipt} ilipingwa na inabaki ilivyo: SoCC 13\\. Salio 30`),
    );
  });

  test("what was spent cannot come back: how much is missing is told, and it can be tried again", async () => {
    const receipt = await sends(40);
    await disputesNewest(receipt);
    await wanjiku.dials().presses("4", "0711000103", "65", "1", "3691").ends(/65/);
    expect(await partnerDecides(true)).toEqual({ type: "dispute-waits" });
    await grace
      .dials()
      .presses("9", "8", "1", "1", "4826")
      .ends("It cannot be undone now: 35 SoCC of it are spent. Nothing was taken.");
    await world.earned("Wanjiku Kamau", 35);
    await grace.dials().presses("9", "8", "1", "1", "4826").ends("It is undone");
    await achieng.receives(/Balance 270\./);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("a deed that was confirmed in error is undone with its commSoCCs, by who did not confirm it", async () => {
    await wanjiku.dials().presses("2", "3", "1").ends("Dai");
    await grace.dials().presses("8", "1", "1", "4826").ends("Confirmed");
    const cache = () =>
      wanjiku
        .dials("*384*2255*5#")
        .last()
        .then(({ answer }) => answer);
    const before = await cache();
    await wanjiku.dials().presses("6", "7", "1", "1").ends("imepingwa");
    await baraka.receives(/Wanjiku Kamau anapinga S\w{7}: SoCC 10/);
    expect(grace.inbox().filter((text) => text.includes("Wanjiku Kamau disputes"))).toEqual([]);
    await grace.dials().presses("9", "8").sees("No dispute is waiting");
    await baraka.dials().presses("9", "8", "1", "1", "9517").ends("Mshirika naye ataamua");
    expect(await partnerDecides(true)).toMatchObject({ type: "dispute-upheld" });
    expect(await cache()).not.toBe(before);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("after 24 hours it is too late", async () => {
    const receipt = await sends(10);
    await world.timePasses({ minutes: 24 * 60 - 1 });
    await achieng.dials().presses("6", "7").sees(receipt);
    await world.timePasses({ minutes: 1 });
    await achieng.dials().presses("6", "7").sees("No receipt of the last 24 hours");
  });

  test("no manager decides on what is theirs, and both sides at once come to one remedy", async () => {
    await achieng
      .dials()
      .presses("4", "0711000104", "12", "1", "2580")
      .ends("Sent 12 SoCC to Grace");
    const [, receipt = ""] = await achieng.receives(/(S\w{7}) Sent 12 SoCC/);
    await disputesNewest(receipt);
    await grace.dials().presses("9", "8").sees("No dispute is waiting");
    const [, partners] = await Promise.all([
      baraka.dials().presses("9", "8", "1", "1", "9517").ends(/^END/),
      partnerDecides(true),
    ]);
    expect(partners.type).toMatch(/^dispute-(waits|upheld)$/);
    const { state, manager_upholds, partner_upholds } = await world.db
      .selectFrom("dispute")
      .select(["state", "manager_upholds", "partner_upholds"])
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirstOrThrow();
    expect([state, manager_upholds, partner_upholds]).toEqual(["upheld", true, true]);
    const acts = await world.db
      .selectFrom("audit_event")
      .select(["act", "actor"])
      .where("act", "like", "dispute.%")
      .execute();
    expect(acts.map(({ act }) => act).sort()).toEqual([
      ...Array<string>(2).fill("dispute.declined"),
      ...Array<string>(10).fill("dispute.upheld"),
    ]);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});
