import { connect } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

describe("a phone", () => {
  test("that begins 120 calls in an hour is told to wait, and begins none for it; others go on", async () => {
    const ouma = world.phoneOf("Ouma Odhiambo");
    for (let calls = 0; calls < 120; calls += 1) await ouma.dials("*384*2255*1#").ends("SoCC");
    const sessions = () => world.db.selectFrom("ussd_session").select("id").execute();
    const before = await sessions();
    // In his language.
    await ouma.dials().ends("Simuni osego nyading' mang'eny");
    await ouma.dials("*384*2255*1#").ends("Simuni osego nyading' mang'eny");
    expect(await sessions()).toHaveLength(before.length);
    await world.phoneOf("Achieng Otieno").dials().sees("SoCC Kisumu");
    await world.timePasses({ minutes: 61 });
    await ouma.dials().sees("Kisumu Manyatta");
  }, 60_000);

  test("that is in the middle of a call ends it, whatever it has begun", async () => {
    const wanjiku = world.phoneOf("Wanjiku Kamau");
    const call = wanjiku.dials().presses("2");
    await call;
    for (let calls = 1; calls < 120; calls += 1) await wanjiku.dials("*384*2255*1#").ends("SoCC");
    await wanjiku.dials().ends("Simu hii imepiga");
    await call.presses("3").presses("1").ends(/Dai/);
  }, 60_000);

  test("that sends more than 60 texts in a minute has the rest taken a minute later", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    for (let texts = 0; texts < 60; texts += 1) expect(await grace.texts("BAL")).toBe(200);
    expect(await grace.texts("BAL", "one-too-many")).toBe(503);
    const stored = () =>
      world.db
        .selectFrom("inbound_message")
        .selectAll()
        .where("gateway_id", "=", "one-too-many")
        .execute();
    expect(await stored()).toEqual([]);
    expect(await world.phoneOf("Achieng Otieno").texts("BAL")).toBe(200);
    world.clock.moveOn({ seconds: 61 });
    expect(await grace.texts("BAL", "one-too-many")).toBe(200);
    expect(await stored()).toMatchObject([{ outcome: "bal.told" }]);
  }, 60_000);
});

describe("those who ask to join", () => {
  test("are 120 in an hour, whoever they are; the next is told, and nobody is texted", async () => {
    const name = (at: number): string =>
      `Newcomer ${"abcdefghij"[Math.floor(at / 12)] ?? ""}${"klmnopqrstuv"[at % 12] ?? ""}`;
    const ask = (phone: string, text: string) => world.phoneOf(phone).texts(text);
    for (let at = 0; at < 120; at += 1)
      expect(await ask(`+2547334${String(at).padStart(5, "0")}`, `JOIN ${name(at)}`)).toBe(200);
    const asked = () => world.db.selectFrom("join_request").select("name").execute();
    const requests = () =>
      world.db.selectFrom("message").select("id").where("purpose", "=", "request").execute();
    expect(await asked()).toHaveLength(120);
    const before = (await requests()).length;
    await ask("+254733490000", "JOIN Rose Adhiambo");
    expect(await asked()).toHaveLength(120);
    expect(await requests()).toHaveLength(before);
    world.clock.moveOn({ minutes: 61 });
    await ask("+254733490001", "JOIN Rose Adhiambo");
    expect(await asked()).toHaveLength(121);
  }, 60_000);
});

describe("a connection", () => {
  /** What comes back for what is sent, once the service has closed the connection. */
  const answerTo = async (request: string): Promise<string> => {
    const { hostname, port } = new URL(world.service.url);
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    socket.write(request);
    await once(socket, "close");
    return answer;
  };

  test("with headers beyond 8 KiB is closed with 431", async () => {
    const head = `GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: ${"a".repeat(9_000)}\r\n\r\n`;
    expect(await answerTo(head)).toMatch(/^HTTP\/1\.1 431/);
  });

  test("is one of so many, and none may be silent, or slow, for ever", () => {
    const { server } = world.service.app;
    expect(server.maxConnections).toBe(2_000);
    expect(server.requestTimeout).toBe(15_000);
    expect(server.headersTimeout).toBe(10_000);
    expect(server.timeout).toBe(120_000);
    expect(server.keepAliveTimeout).toBe(75_000);
  });
});
