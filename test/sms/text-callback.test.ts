import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postForm } from "../support/phone.ts";
import { callback_secret, openWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const graces_number = "+254711000104";

/** Posts one text as the gateway does. @returns the HTTP status. */
async function deliver(fields: Record<string, string>): Promise<number> {
  const whole = { id: randomUUID(), from: graces_number, to: "22551", ...fields };
  const path = `/at/${callback_secret}/sms`;
  return (await postForm(world.service.app, path, whole)).statusCode;
}

/** The answers written to a number, oldest first. */
const answersTo = async (recipient: string): Promise<readonly string[]> => {
  const rows = await world.db
    .selectFrom("message")
    .select("text")
    .where("recipient", "=", recipient)
    .where("purpose", "=", "answer")
    .orderBy("id")
    .execute();
  return rows.map(({ text }) => text);
};
const lastAnswerTo = async (recipient: string): Promise<string> =>
  (await answersTo(recipient)).at(-1) ?? "";

const count = async (table: "inbound_message" | "message" | "ledger.journal"): Promise<number> =>
  (await world.db.selectFrom(table).selectAll().execute()).length;

/** Wanjiku claims a garden shift. @returns the claim's code, as Grace is told it. */
async function newClaim(): Promise<string> {
  await world.phoneOf("Wanjiku Kamau").dials().presses("2", "3", "1").ends("Dai");
  const { code } = await world.db
    .selectFrom("claim")
    .select("code")
    .orderBy("id", "desc")
    .executeTakeFirstOrThrow();
  return code;
}

// Trap 12: the gateway delivers a text again every minute until it gets a 200.
describe("the same text delivered again", () => {
  test("minute after minute has one effect, always 200", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    const before = await count("ledger.journal");
    const [code, id] = [await newClaim(), randomUUID()];
    for (let minute = 0; minute < 4; minute += 1) {
      expect(await grace.texts(`OK ${code} 4826`, id)).toBe(200);
      world.clock.moveOn({ minutes: 1 });
    }
    expect(await answersTo(graces_number)).toEqual([expect.stringMatching(/Confirmed: claims 1/)]);
    expect(await count("ledger.journal")).toBe(before + 1);
  });

  test("fifty times at once has one effect, always 200", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    const [answers, journals] = [await answersTo(graces_number), await count("ledger.journal")];
    const [code, id] = [await newClaim(), randomUUID()];
    const statuses = await Promise.all(
      Array.from({ length: 50 }, () => grace.texts(`OK ${code} 4826`, id)),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await answersTo(graces_number)).toHaveLength(answers.length + 1);
    expect(await count("ledger.journal")).toBe(journals + 1);
    expect((await world.verifyBooks()).ok).toBe(true);
  });
});

describe("a text", () => {
  test.for([
    { date: "2026-03-14T14:40:00Z", linkId: "SampleLinkId123" },
    { date: "2026-03-14 14:40:00" },
    { date: "" },
    { linkId: "", cost: "", networkCode: "63999" },
    {},
  ])("is understood with %o beside it", async (more) => {
    const before = await answersTo(graces_number);
    expect(await deliver({ text: "bal", ...more })).toBe(200);
    const after = await answersTo(graces_number);
    expect(after).toHaveLength(before.length + 1);
    expect(after.at(-1)).toMatch(/^Balance \d+ SoCC/);
  });

  test("is known as Grace's though the + of her number came unescaped, or not at all", async () => {
    const before = await answersTo(graces_number);
    for (const from of [" 254711000104", "254711000104"])
      expect(await deliver({ text: "BAL", from })).toBe(200);
    expect(await answersTo(graces_number)).toHaveLength(before.length + 2);
  });

  test.for(["", "   ", "?!", "HELO", "what is my balance", "😀", "OK\u0000"])(
    "that is no command (%j) is answered with what helps",
    async (text) => {
      expect(await deliver({ text })).toBe(200);
      expect(await lastAnswerTo(graces_number)).toMatch(/HELP|OK claim PIN/);
    },
  );

  test("is answered in the language of who sent it", async () => {
    expect(await deliver({ text: "habari", from: "+254711000102" })).toBe(200);
    expect(await lastAnswerTo("+254711000102")).toMatch("hatukuelewa");
  });

  test("to a number that is not ours leaves nothing but a line in the log", async () => {
    const before = [await count("inbound_message"), await count("message")];
    const why = "no community has this number";
    expect(await deliver({ text: "OK K7Q2 4826", to: "99999" })).toBe(200);
    expect([await count("inbound_message"), await count("message")]).toEqual(before);
    expect(world.logs.filter((line) => line.includes(why))).toHaveLength(1);
  });

  test.for([{ from: "Safaricom" }, { from: "" }, { id: "" }, { to: "" }])(
    "that is not as the gateway's are (%o) is answered 200 and leaves nothing",
    async (fields) => {
      const before = [await count("inbound_message"), await count("message")];
      expect(await deliver({ text: "BAL", ...fields })).toBe(200);
      expect([await count("inbound_message"), await count("message")]).toEqual(before);
    },
  );
});

describe("a PIN in a text", () => {
  test("that is missing is named, with how the text should look", async () => {
    await deliver({ text: `OK ${await newClaim()}` });
    expect(await lastAnswerTo(graces_number)).toBe("Please add the PIN: OK claim PIN");
  });

  test("that cannot be read is named, and the text is to be deleted", async () => {
    await deliver({ text: `OK ${await newClaim()} 48265` });
    expect(await lastAnswerTo(graces_number)).toMatch(
      /^We could not read the PIN\. Please text: OK claim PIN Delete your text/,
    );
  });

  test("is not kept with the text", async () => {
    const code = await newClaim();
    await deliver({ text: `OK ${code} 4826` });
    const rows = await world.db.selectFrom("inbound_message").select("text").execute();
    const kept = rows.map(({ text }) => text);
    expect(kept).toContain(`OK ${code} ****`);
    expect(kept.join("\n")).not.toContain("4826");
  });

  test("is not kept, nor told, with the reason it was put into by mistake", async () => {
    const code = await newClaim();
    await deliver({ text: `NO ${code} 4826 is my PIN 4826` });
    const { reason } = await world.db
      .selectFrom("claim")
      .select("reason")
      .where("code", "=", code)
      .where("state", "=", "rejected")
      .executeTakeFirstOrThrow();
    const [told = ""] = await world.phoneOf("Wanjiku Kamau").receives(new RegExp(`Dai ${code}.*`));
    for (const text of [reason, told]) {
      expect(text).toMatch(/is my PIN/);
      expect(text).not.toContain("4826");
    }
  });

  test("that is wrong counts once, though delivered twice", async () => {
    const text = `OK ${await newClaim()} 1111`;
    const id = randomUUID();
    await Promise.all([deliver({ id, text }), deliver({ id, text })]);
    await deliver({ id, text });
    expect(await lastAnswerTo(graces_number)).toMatch(/^Wrong PIN\. Tries left: 2\..*Delete your/);
    await deliver({ text });
    expect(await lastAnswerTo(graces_number)).toMatch(/^Wrong PIN\. Tries left: 1\./);
    await deliver({ text: `OK ${await newClaim()} 4826` });
    expect(await lastAnswerTo(graces_number)).toMatch(/Confirmed: claims 1/);
  });

  test("that is wrong three times locks the right one out for 15 minutes", async () => {
    const code = await newClaim();
    for (const wrong of ["1111", "2222", "3333"]) await deliver({ text: `OK ${code} ${wrong}` });
    expect(await lastAnswerTo(graces_number)).toMatch(/Try again in 15 minutes/);
    world.clock.moveOn({ minutes: 14 });
    await deliver({ text: `OK ${code} 4826` });
    expect(await lastAnswerTo(graces_number)).toMatch(/Try again in 1 minutes\. Nothing was done/);
    world.clock.moveOn({ minutes: 1 });
    await deliver({ text: `OK ${code} 4826` });
    expect(await lastAnswerTo(graces_number)).toMatch(/Confirmed: claims 1/);
  });
});

// Trap 2, of the number that was texted: a plus that was not escaped arrives as a space, or not at all.
describe("a community whose number is a phone's", () => {
  let washington: World;
  beforeAll(async () => {
    washington = await openWorld({ community: "dc-bread-for-the-city" });
  });
  afterAll(() => washington.close());
  const rosa = "+12025550101";
  const post = async (path: string, fields: Record<string, string>): Promise<number> =>
    (await postForm(washington.service.app, `/at/${callback_secret}/sms${path}`, fields))
      .statusCode;

  test.for(["+12025550140", " 12025550140", "12025550140", " +12025550140 "])(
    "is texted at '%s'",
    async (to) => {
      const kept = async () =>
        (await washington.db.selectFrom("inbound_message").selectAll().execute()).length;
      const before = await kept();
      const text = { id: randomUUID(), from: rosa, to, text: "HELP" };
      expect(await post("", text)).toBe(200);
      expect(await post("", { ...text, to: "+12025550140" })).toBe(200);
      expect(await kept()).toBe(before + 1);
    },
  );

  test.for(["12025550141", "2025550140", "550140", "SoCC"])("is not texted at %s", async (to) => {
    const before = washington.logs.length;
    expect(await post("", { id: randomUUID(), from: rosa, to, text: "HELP" })).toBe(200);
    expect(washington.logs.slice(before).join("")).toContain("no community has this number");
  });

  test.for([
    ["+12025550140", "+12025552101"],
    [" 12025550140", "+12025552102"],
    ["12025550140", "+12025552103"],
  ] as const)(
    "is opted out of at '%s', also by a phone that is nobody's",
    async ([senderId, phone]) => {
      expect(await post("/opt-out", { senderId, phoneNumber: phone })).toBe(200);
      const rows = await washington.db
        .selectFrom("opt_out")
        .select("source")
        .where("phone", "=", phone)
        .execute();
      expect(rows).toEqual([{ source: "callback" }]);
    },
  );
});
