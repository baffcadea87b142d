import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postForm } from "../support/phone.ts";
import { callback_secret, openWorld, type World } from "../support/world.ts";

const path = `/at/${callback_secret}/ussd`;
const sessionId = (): string => `ATUid_${randomBytes(16).toString("hex")}`;

const turn = (over: Record<string, string> = {}): Record<string, string> => ({
  sessionId: sessionId(),
  phoneNumber: "+254711000101",
  networkCode: "63902",
  serviceCode: "*384*2255#",
  text: "",
  ...over,
});

describe("the USSD callback", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const post = (fields: Record<string, string>) => postForm(world.service.app, path, fields);
  const sessions = () => world.db.selectFrom("ussd_session").selectAll().execute();

  // Traps 1 and 3: whatever comes, 200 text/plain and a plain END, nothing written, one line of log.
  const long = "9".repeat(1_000_000);
  const form = "application/x-www-form-urlencoded";
  test.each([
    ["nothing at all", { payload: "", type: form }],
    ["JSON", { payload: '{"sessionId":"x"}', type: "application/json" }],
    ["broken JSON", { payload: "{", type: "application/json" }],
    ["another content type", { payload: "sessionId=x", type: "text/weird" }],
    ["multipart without a part", { payload: "--x--", type: "multipart/form-data; boundary=x" }],
    ["a body of 1 MB", { payload: `text=${long}`, type: form }],
    ["missing fields", { payload: "sessionId=x&text=", type: form }],
    [
      "a repeated field",
      { payload: new URLSearchParams(turn()).toString() + "&sessionId=y", type: form },
    ],
    [
      "no phone number",
      { payload: new URLSearchParams(turn({ phoneNumber: "Achieng" })).toString(), type: form },
    ],
    ["a NUL", { payload: new URLSearchParams(turn({ text: "1\u0000" })).toString(), type: form }],
    [
      "broken escapes",
      { payload: "sessionId=%ZZ&phoneNumber=%ZZ&serviceCode=%&text=", type: form },
    ],
    [
      "a hostile session",
      {
        payload: new URLSearchParams(turn({ sessionId: "x".repeat(5000) })).toString(),
        type: form,
      },
    ],
    [
      "SQL",
      {
        payload: new URLSearchParams(turn({ serviceCode: "';drop table member;--" })).toString(),
        type: form,
      },
    ],
  ])("answers %s with a plain END", async (_name, { payload, type }) => {
    const before = world.logs.length;
    const stored = await sessions();
    const answer = await world.service.app.inject({
      method: "POST",
      url: path,
      headers: { "content-type": type },
      payload,
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
    expect(answer.body).toMatch(/^END We could not read that/);
    expect(await sessions()).toEqual(stored);
    const warned = world.logs.slice(before).filter((line) => line.includes("not understood"));
    expect(warned).toHaveLength(1);
  });

  test("answers GET and a trailing slash too", async () => {
    const { app } = world.service;
    expect((await app.inject({ url: path })).body).toMatch(/^END /);
    expect((await postForm(app, `${path}/`, turn())).body).toMatch(/^CON SoCC/);
  });

  test("answers a wrong secret with 404 and nothing more", async () => {
    const answer = await postForm(world.service.app, "/at/guess/ussd", turn());
    expect([answer.statusCode, answer.body]).toEqual([404, ""]);
  });

  // Trap 2.
  test.each([" 254711000101", "254711000101", "+254711000101"])(
    "knows Achieng by %j",
    async (phoneNumber) => {
      expect((await post(turn({ phoneNumber }))).body).toContain("Kisumu Manyatta");
    },
  );

  test("turns away an unknown code, and writes nothing; an unknown phone may ask to join", async () => {
    const stored = await sessions();
    expect((await post(turn({ serviceCode: "*999#" }))).body).toMatch(
      /^END This code is not in use/,
    );
    expect(await sessions()).toEqual(stored);
    expect(world.logs.filter((line) => line.includes("turned away"))).toHaveLength(1);
    const stranger = await post(turn({ phoneNumber: "+254722333444" }));
    expect(stranger.body).toMatch(/^CON SoCC. Choose your language:/);
  });

  test("accepts a network code it never heard of, and none", async () => {
    expect((await post(turn({ networkCode: "00000" }))).body).toMatch(/^CON /);
    const { networkCode, ...without } = turn();
    expect(networkCode).toBe("63902");
    expect((await post(without)).body).toMatch(/^CON /);
  });

  // Trap 5: what does not follow has no effect.
  test("`1` then `1*1` is a new turn; what does not follow has no effect", async () => {
    const call = turn({ text: "2" });
    const first = (await post(call)).body;
    const second = (await post({ ...call, text: "2*3" })).body;
    expect(second).toContain("Kitchen garden");
    expect((await post({ ...call, text: "2*3" })).body).toBe(second);
    expect((await post({ ...call, text: "2" })).body).toBe(second);
    expect((await post({ ...call, text: "" })).body).toBe(second);
    expect((await post({ ...call, text: "1*3*1" })).body).toMatch(/^END This call was interrupted/);
    expect((await post({ ...call, text: "2*3*1", phoneNumber: "+254711000102" })).body).toMatch(
      /^END /,
    );
    expect(first).toContain("Which deed?");
    expect(await world.db.selectFrom("claim").selectAll().execute()).toEqual([]);
    // The call itself is unharmed.
    expect((await post({ ...call, text: "2*3*1" })).body).toMatch(/^END Claim/);
  });

  // Traps 6 and 7.
  test("Back, Main, More and wrong keys accumulate and are read in order", async () => {
    expect((await post(turn({ text: "2*98*0*9*00*2*98*6" }))).body).toContain(
      "Data-collection day, 10",
    );
    expect((await post(turn({ text: "2*" }))).body).toContain("Pick a number shown.");
    expect((await post(turn({ text: "2**3" }))).body).toContain("Kitchen garden shift");
    expect((await post(turn({ text: "2*1*04" }))).body).toContain("Sorted waste, 12 SoCC");
    expect((await post(turn({ text: `2*${"5".repeat(80)}` }))).body).toContain("Pick a number");
    expect((await post(turn({ text: "2*#" }))).body).toContain("Pick a number");
    expect((await post(turn({ serviceCode: "*384*2255*2*3#" }))).body).toContain("Kitchen garden");
  });

  test("a call without end is ended", async () => {
    const answer = await post(turn({ text: Array.from({ length: 61 }, () => "9").join("*") }));
    expect(answer.body).toMatch(/^END This call is too long/);
  });

  test("end events are taken and not believed, whatever they hold", async () => {
    const { app } = world.service;
    const fields = { ...turn(), status: "Success", input: "8*1*1*4826", lastAppResponse: "x" };
    expect((await postForm(app, `${path}/events`, fields)).statusCode).toBe(200);
    expect((await app.inject({ method: "POST", url: `${path}/events` })).statusCode).toBe(200);
  });
});
