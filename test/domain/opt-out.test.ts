import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "../../src/db/transaction.ts";
import { writeTexts, type Purpose } from "../../src/outbox/outbox.ts";
import { postForm } from "../support/phone.ts";
import { callback_secret, eventually, openWorld, type World } from "../support/world.ts";

const numbers = {
  "Achieng Otieno": "+254711000101",
  "Wanjiku Kamau": "+254711000102",
  "Ouma Odhiambo": "+254711000103",
  "Grace Akinyi": "+254711000104",
  "Baraka Mwangi": "+254711000105",
} as const;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const callback = async (path: string, fields: Record<string, string>): Promise<number> =>
  (await postForm(world.service.app, `/at/${callback_secret}/sms${path}`, fields)).statusCode;

const optOutsOf = (phone: string) =>
  world.db
    .selectFrom("opt_out")
    .select(["source", "ended_at"])
    .where("phone", "=", phone)
    .execute();

/** An act writes a text; what became of it, once it is settled. */
async function afterSending(phone: string, purpose: Purpose) {
  const { id: community_id } = await world.db
    .selectFrom("community")
    .select("id")
    .executeTakeFirstOrThrow();
  const text = { recipient: phone, member_id: null, purpose, text: "Some words", segments: 1 };
  const [id = ""] = await inTransaction(world.db, (trx) =>
    writeTexts(trx, community_id, world.clock.now(), [text]),
  );
  // Any callback makes the service look at once.
  await callback("", { id: randomUUID(), from: "+254799000999", to: "22551", text: "" });
  return await eventually(async () => {
    const row = await world.db
      .selectFrom("message")
      .select(["state", "reason"])
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    expect(["delivered", "failed"]).toContain(row.state);
    return row;
  });
}

const delivered = { state: "delivered", reason: null };
const withheld = { state: "failed", reason: "opted out" };

describe("STOP", () => {
  test("ends requests and reminders, never receipts, codes, notices and answers", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.texts("Stop texting me!");
    await achieng.receives(/^Only receipts, codes and answers.*START/);
    for (const purpose of ["request", "reminder"] as const)
      expect(await afterSending(numbers["Achieng Otieno"], purpose)).toEqual(withheld);
    for (const purpose of ["receipt", "code", "security", "answer"] as const)
      expect(await afterSending(numbers["Achieng Otieno"], purpose)).toEqual(delivered);
    await achieng.texts("BAL");
    await achieng.receives(/^Balance/);
  });

  test("twice leaves one record, and START brings everything back", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    await achieng.texts("STOP");
    expect(await optOutsOf(numbers["Achieng Otieno"])).toEqual([
      { source: "text", ended_at: null },
    ]);
    await achieng.texts("start please");
    await achieng.receives(/^You get all texts again/);
    expect(await afterSending(numbers["Achieng Otieno"], "request")).toEqual(delivered);
    await achieng.texts("STOP");
    expect(await afterSending(numbers["Achieng Otieno"], "request")).toEqual(withheld);
    await achieng.texts("START");
  });

  test("is understood in every language, whatever the sender's own is", async () => {
    for (const [stop, start] of [
      ["ACHA", "ANZA"],
      ["weyo", "chak"],
      ["UNSUBSCRIBE", "UNSTOP"],
    ] as const) {
      const wanjiku = world.phoneOf("Wanjiku Kamau");
      await wanjiku.texts(stop);
      expect(await afterSending(numbers["Wanjiku Kamau"], "request")).toEqual(withheld);
      await wanjiku.texts(start);
      expect(await afterSending(numbers["Wanjiku Kamau"], "request")).toEqual(delivered);
    }
    await world.phoneOf("Wanjiku Kamau").receives(/risiti.*ANZA/);
  });

  test.for([
    ["Achieng Otieno", "Asha", /did not understand/],
    ["Achieng Otieno", "Step by step", /did not understand/],
    ["Achieng Otieno", "Smart!", /did not understand/],
    ["Achieng Otieno", "End of the month?", /^Too many words\. Please text: STOP$/],
    ["Wanjiku Kamau", "Acha nikuambie", /^Maneno ni mengi mno\. Tafadhali tuma: ACHA$/],
  ] as const)("is not what %s means by: %s", async ([who, text, answer]) => {
    await world.phoneOf(who).texts("START");
    const phone = world.phoneOf(who);
    await phone.texts(text);
    await phone.receives(answer);
    expect(await afterSending(numbers[who], "request")).toEqual(delivered);
  });

  test("of a manager is told to the other, who is then the only one asked", async () => {
    const [grace, baraka] = [world.phoneOf("Grace Akinyi"), world.phoneOf("Baraka Mwangi")];
    await grace.texts("STOP");
    await grace.receives(/Claims no longer come to you/);
    await baraka.receives(/Grace Akinyi amesimamisha ujumbe.*: 1\./);
    await world.phoneOf("Achieng Otieno").dials().presses("2", "3", "1").ends("Claim");
    await baraka.receives(/Achieng Otieno anadai/);
    // The claim waits for Grace all the same, and a receipt still reaches her.
    await grace
      .dials()
      .presses("8")
      .sees(/Achieng Otieno|Kitche/);
    const asked = await world.db
      .selectFrom("message")
      .select(["state", "reason"])
      .where("recipient", "=", numbers["Grace Akinyi"])
      .where("purpose", "=", "request")
      .execute();
    expect(asked).toEqual([withheld]);
  });

  test("of the last manager says so, and it is in the audit log", async () => {
    const baraka = world.phoneOf("Baraka Mwangi");
    await baraka.texts("STOP");
    await baraka.receives(/Hakuna meneja anayeulizwa/);
    const events = await world.db
      .selectFrom("audit_event")
      .select(["act", "after"])
      .where("act", "=", "member.opted-out")
      .orderBy("id", "desc")
      .limit(1)
      .execute();
    expect(events).toEqual([{ act: "member.opted-out", after: { managers_still_asked: 0 } }]);
    await baraka.texts("START");
    await world.phoneOf("Grace Akinyi").texts("START");
  });
});

describe("an opt-out that the provider tells of", () => {
  test("by its callback, ten times over, is one record and ends requests", async () => {
    const phone = numbers["Ouma Odhiambo"];
    const fields = { senderId: "22551", phoneNumber: phone };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => callback("/opt-out", fields)),
    );
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(await optOutsOf(phone)).toEqual([{ source: "callback", ended_at: null }]);
    expect(await afterSending(phone, "request")).toEqual(withheld);
    expect(await afterSending(phone, "receipt")).toEqual(delivered);
    await world.phoneOf("Ouma Odhiambo").texts("CHAK");
  });

  test("under a sender's name that several share counts wherever the phone belongs", async () => {
    const phone = numbers["Ouma Odhiambo"];
    expect(await callback("/opt-out", { senderId: "SoCCs", phoneNumber: phone })).toBe(200);
    expect(await optOutsOf(phone)).toEqual([{ source: "callback", ended_at: null }]);
    await world.phoneOf("Ouma Odhiambo").texts("CHAK");
  });

  test.for([{}, { senderId: "22551" }, { senderId: "22551", phoneNumber: "nobody" }])(
    "with fields that are none (%o) is answered 200 and changes nothing",
    async (fields) => {
      const count = async () => (await world.db.selectFrom("opt_out").selectAll().execute()).length;
      const before = await count();
      expect(await callback("/opt-out", fields)).toBe(200);
      expect(await count()).toBe(before);
    },
  );

  test("by refusing a text (406) is a record too", async () => {
    const phone = numbers["Wanjiku Kamau"];
    world.simulator.failNext(phone, { answer: "blacklisted", delivers: false });
    expect(await afterSending(phone, "receipt")).toMatchObject({
      state: "failed",
      reason: "406 UserInBlacklist",
    });
    await eventually(async () =>
      expect(await optOutsOf(phone)).toEqual([{ source: "refusal", ended_at: null }]),
    );
    expect(await afterSending(phone, "reminder")).toEqual(withheld);
  });

  test("by a report (UserInBlackList) is a record too, and the other manager is told", async () => {
    const phone = numbers["Grace Akinyi"];
    world.simulator.reportNext(phone, { status: "Failed", failureReason: "UserInBlackList" });
    expect(await afterSending(phone, "receipt")).toMatchObject({
      state: "failed",
      reason: "UserInBlackList",
    });
    await eventually(async () =>
      expect(await optOutsOf(phone)).toEqual([{ source: "report", ended_at: null }]),
    );
    const baraka = world.phoneOf("Baraka Mwangi");
    const told = () => baraka.inbox().filter((text) => text.includes("Grace Akinyi amesimamisha"));
    await eventually(() => expect(told()).toHaveLength(2));
  });
});

test("a strange id is nobody's report, and answered 200", async () => {
  expect(await callback("/delivery", { id: randomUUID(), status: "Success" })).toBe(200);
});
