import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { africasTalking, type Account } from "../../src/gateway/africastalking.ts";
import type { SendResult } from "../../src/gateway/gateway.ts";
import type { FaultName } from "../../src/gateway/simulator/faults.ts";
import { makeSimulator } from "../../src/gateway/simulator/simulator.ts";
import { alwaysAnswering, listenWith, type Provider } from "../support/provider.ts";

const api_key = "atsk_a-key-that-nobody-but-the-provider-may-read";
const achieng = "+254711000101";

const reports: Readonly<Record<string, string>>[] = [];
const simulator = makeSimulator({
  now: () => new Date("2026-03-14T14:40:00Z"),
  open_inbox: false,
  short_code: "AFRICASTKNG",
  post: (_callback, fields) => {
    reports.push(fields);
    return Promise.resolve({ status: 200, body: "" });
  },
  onError: (error) => {
    throw error;
  },
});

/** Hands one text over and checks that whatever came of it is free of the key. */
async function sendTo(
  base_url: string,
  to = achieng,
  { from, ...more }: Partial<Account> & { from?: string } = {},
) {
  const gateway = africasTalking({
    username: "soccs",
    api_key,
    base_url,
    timeout_ms: 5_000,
    ...more,
  });
  const result = await gateway.send(to, "Balance 12 SoCC.", from);
  for (const shown of [JSON.stringify(result), inspect(result, { depth: 9, showHidden: true })])
    expect(shown).not.toContain(api_key);
  return result;
}

describe("a text handed to Africa's Talking through its own SDK", () => {
  let provider: Provider;
  const others: Provider[] = [];
  beforeAll(async () => {
    provider = await listenWith(simulator.routes);
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(async () => {
    await Promise.all([provider, ...others].map(({ close }) => close()));
  });

  const another = async (made: Promise<Provider>): Promise<Provider> => {
    const other = await made;
    others.push(other);
    return other;
  };
  const answering = (status: number, body: unknown): Promise<Provider> =>
    another(alwaysAnswering((reply) => reply.code(status).send(body)));

  test("reaches the phone, and is reported under the id it was accepted under", async () => {
    const result = await sendTo(provider.url, achieng, { sender_id: "22551" });
    const gateway_id = reports.at(-1)?.["id"];
    expect(result).toEqual({
      type: "accepted",
      gateway_id,
      cost: { currency: "KES", amount: "0.8000" },
    });
    expect(simulator.inbox(achieng).at(-1)).toMatchObject({
      other: "22551",
      text: "Balance 12 SoCC.",
    });
    expect(provider.hits.at(-1)).toMatchObject({ apikey: api_key });
  });

  test("comes from the provider's own number when the account has no sender", async () => {
    await sendTo(provider.url);
    expect(simulator.inbox(achieng).at(-1)?.other).toBe("AFRICASTKNG");
  });

  test.for(["22551", "+12025550140", "SoCC"])(
    "comes from %s rather than the account's sender",
    async (from) => {
      await sendTo(provider.url, achieng, { sender_id: "SoCC-ALL", from });
      expect(simulator.inbox(achieng).at(-1)?.other).toBe(from);
    },
  );

  const taken = {
    type: "accepted",
    gateway_id: expect.stringMatching(/^ATXid_/) as string,
    cost: { currency: "KES", amount: "0.8000" },
  } as const;
  const troubled = { type: "unknown", trouble: "gateway" } as const;
  // Every fault there is: one that is new does not compile until it is said what it must come to.
  const comesTo: Readonly<Record<FaultName, SendResult>> = {
    processed: taken,
    "queued-there": taken,
    "risk-hold": { type: "refused", reason: "401 RiskHold" },
    "bad-sender": { type: "not-taken", reason: "402 InvalidSenderId" },
    "bad-number": { type: "refused", reason: "403 InvalidPhoneNumber" },
    "unsupported-number": { type: "refused", reason: "404 UnsupportedNumberType" },
    "no-route": { type: "refused", reason: "407 CouldNotRoute" },
    "do-not-disturb": { type: "refused", reason: "409 DoNotDisturbRejection" },
    "server-error": {
      type: "not-taken",
      reason: "500 InternalServerError",
      trouble: "gateway",
    },
    "gateway-error": { type: "not-taken", reason: "501 GatewayError", trouble: "gateway" },
    rejected: { type: "refused", reason: "502 RejectedByGateway" },
    "no-id": { type: "refused", reason: "101 Success" },
    "a-string": { ...troubled, reason: "an answer that is not the provider's" },
    "bad-gateway": { ...troubled, reason: "HTTP 502" },
    busy: { type: "not-taken", reason: "HTTP 503", trouble: "gateway" },
    "no-recipients": { type: "not-taken", reason: "InvalidSenderId" },
    blacklisted: { type: "refused", reason: "406 UserInBlacklist", opted_out: true },
    "no-balance": { type: "not-taken", reason: "405 InsufficientBalance", trouble: "account" },
    "none-left": { type: "not-taken", reason: "InsufficientBalance", trouble: "account" },
    "out-of-service": {
      type: "not-taken",
      reason: "The service is unavailable",
      trouble: "gateway",
    },
    html: { ...troubled, reason: "an answer that is not the provider's" },
    empty: { ...troubled, reason: "an answer that is not the provider's" },
    "ok-200": { ...troubled, reason: "an answer that is not the provider's" },
    unauthorized: { type: "not-taken", reason: "HTTP 401", trouble: "account" },
    forbidden: { type: "not-taken", reason: "HTTP 403", trouble: "account" },
    "not-found": { type: "not-taken", reason: "HTTP 404", trouble: "account" },
    "bad-request": { type: "refused", reason: "HTTP 400", trouble: "gateway" },
    "too-many": { type: "not-taken", reason: "HTTP 429", trouble: "gateway" },
    broken: { ...troubled, reason: "HTTP 500" },
    "gateway-timeout": { ...troubled, reason: "HTTP 504" },
    redirect: { type: "not-taken", reason: "HTTP 302", trouble: "account" },
    reset: { ...troubled, reason: "ECONNRESET" },
    hang: { ...troubled, reason: expect.stringMatching(/ABORT|CANCEL|TIMEDOUT/) as string },
  };
  const faults = Object.entries(comesTo) as [FaultName, SendResult][];
  test.for(faults)("that meets %s comes to its right end", async ([answer, wanted]) => {
    const to = "+254711000102";
    simulator.failNext(to, { answer, delivers: false });
    const timeout_ms = answer === "hang" ? 250 : 3_000;
    expect(await sendTo(provider.url, to, { timeout_ms })).toEqual(wanted);
    expect(simulator.inbox(to)).toEqual([]);
  });

  test.for([
    ["accepted", 100, "Processed", "ATXid_1"],
    ["accepted", 102, "Queued", "ATXid_1"],
    ["refused", 101, "Success", "None"],
    ["refused", 401, "RiskHold", "None"],
    ["not-taken", 402, "InvalidSenderId", "None"],
    ["refused", 403, "InvalidPhoneNumber", "None"],
    ["refused", 409, "DoNotDisturbRejection", "None"],
    ["not-taken", 500, "InternalServerError", "None"],
    ["not-taken", 501, "GatewayError", "None"],
    ["refused", 502, "RejectedByGateway", "None"],
  ] as const)("is %s under recipient code %i %s", async ([type, statusCode, status, messageId]) => {
    const Recipients = [{ statusCode, number: achieng, status, cost: "0", messageId }];
    const { url } = await answering(201, { SMSMessageData: { Message: "Sent", Recipients } });
    expect(await sendTo(url)).toMatchObject({ type });
  });

  test.for([
    ["KES 0.8000", { currency: "KES", amount: "0.8000" }],
    ["GHS 12", { currency: "GHS", amount: "12" }],
    ["0", null],
    ["None", null],
    ["KES -1", null],
    ["KES 1,000.00", null],
    [`KES ${"9".repeat(400)}`, null],
    [0.8, null],
    [null, null],
    [undefined, null],
  ] as const)("that is said to cost %s costs %s", async ([cost, wanted]) => {
    const sent = { statusCode: 101, number: achieng, status: "Success", messageId: "ATXid_1" };
    const Recipients = [{ ...sent, cost }];
    const { url } = await answering(201, { SMSMessageData: { Message: "Sent", Recipients } });
    expect(await sendTo(url)).toEqual({ type: "accepted", gateway_id: "ATXid_1", cost: wanted });
  });

  test.for([
    ["refused", 400, "gateway"],
    ["not-taken", 402, "account"],
    ["not-taken", 403, "account"],
    ["not-taken", 404, "account"],
    ["not-taken", 405, "account"],
    ["not-taken", 407, "account"],
    ["not-taken", 408, "gateway"],
    ["not-taken", 410, "account"],
    ["not-taken", 413, "account"],
    ["refused", 422, "gateway"],
    ["not-taken", 451, "account"],
    ["unknown", 502, "gateway"],
    ["not-taken", 503, "gateway"],
  ] as const)("is %s by an answer of status %i", async ([type, status, trouble]) => {
    const { url } = await answering(status, "no");
    expect(await sendTo(url)).toEqual({ type, reason: `HTTP ${status}`, trouble });
  });

  test.for([200, 202, 204])("may have been taken by a page of status %i", async (status) => {
    const { url } = await answering(status, "<html>welcome</html>");
    expect(await sendTo(url)).toEqual({
      ...troubled,
      reason: "an answer that is not the provider's",
    });
  });

  test("was not taken where nobody listens", async () => {
    const closed = await answering(200, "");
    await closed.close();
    expect(await sendTo(closed.url)).toEqual({
      type: "not-taken",
      reason: "ECONNREFUSED",
      trouble: "gateway",
    });
  });

  test("ends by the time-out also when the answer drips in without end", async () => {
    const dripping = await another(
      alwaysAnswering((reply) => {
        reply.raw.writeHead(201, { "content-type": "application/json" });
        const drip = setInterval(() => reply.raw.write(" "), 20);
        onTestFinished(() => clearInterval(drip));
        return reply.hijack();
      }),
    );
    const result = await sendTo(dripping.url, achieng, { timeout_ms: 250 });
    expect(result.type).toBe("unknown");
  });

  test("whose number the SDK itself will not take is refused: nothing has left", async () => {
    const before = provider.hits.length;
    expect(await sendTo(provider.url, "+99900000")).toMatchObject({ type: "refused" });
    expect(provider.hits).toHaveLength(before);
  });
});

describe("the API key", () => {
  test.for([301, 302, 303, 307, 308])("does not follow a redirect of status %i", async (status) => {
    const elsewhere = await alwaysAnswering((reply) => reply.code(201).send({}));
    const moved = await alwaysAnswering((reply) =>
      reply.redirect(`${elsewhere.url}/version1/messaging`, status),
    );
    const reason = `HTTP ${status}`;
    expect(await sendTo(moved.url)).toEqual({ type: "not-taken", reason, trouble: "account" });
    expect(moved.hits).toHaveLength(1);
    expect(elsewhere.hits).toEqual([]);
    await Promise.all([elsewhere.close(), moved.close()]);
  });

  test("goes to no proxy that the environment names", async () => {
    const proxy = await alwaysAnswering((reply) => reply.code(201).send({}));
    const provider = await listenWith(simulator.routes);
    for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
      vi.stubEnv(name, proxy.url);
    for (const name of ["NO_PROXY", "no_proxy"]) vi.stubEnv(name, "");
    expect(await sendTo(provider.url)).toMatchObject({ type: "accepted" });
    vi.unstubAllEnvs();
    expect(proxy.hits).toEqual([]);
    await Promise.all([proxy.close(), provider.close()]);
  });

  // The SDK and its HTTP settings are module globals: the last account set up is the one in force.
  test("goes to the address of the last account, once, below a path too", async () => {
    const first = await listenWith(simulator.routes);
    const second = await listenWith(simulator.routes, "/simulator");
    await sendTo(first.url);
    expect(first.hits).toHaveLength(1);
    for (const base_url of [second.url, `${second.url}/`])
      expect(await sendTo(base_url, achieng, { username: "sandbox" })).toMatchObject({
        type: "accepted",
      });
    expect(first.hits).toHaveLength(1);
    expect(second.hits).toHaveLength(2);
    await Promise.all([first.close(), second.close()]);
  });
});
