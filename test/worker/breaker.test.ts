import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SendResult } from "../../src/gateway/gateway.ts";
import { sealingKey } from "../../src/outbox/seal.ts";
import type { TextKey } from "../../src/outbox/sending.ts";
import { failOverdue } from "../../src/outbox/sweep.ts";
import { makeBreaker, type Breaker } from "../../src/worker/breaker.ts";
import { sharedHealth, whyTextsWait } from "../../src/worker/health.ts";
import { fateOf, makeSender } from "../../src/worker/send.ts";
import { accepted, gatewayThatAnswers, type FakeGateway } from "../support/fake-gateway.ts";
import { openKisumu, type Kisumu } from "../support/kisumu.ts";
import { storedOf, writeText } from "../support/outbox.ts";

let kisumu: Kisumu;
let breaker: Breaker;
beforeAll(async () => {
  kisumu = await openKisumu();
});
beforeEach(async () => {
  breaker = makeBreaker(kisumu.clock.now(), () => 0.5);
  await kisumu.db.updateTable("gateway_health").set({ open: false }).execute();
});
afterAll(() => kisumu.close());

const locked: SendResult = { type: "not-taken", reason: "HTTP 401", trouble: "account" };
const empty: SendResult = {
  type: "not-taken",
  reason: "405 InsufficientBalance",
  trouble: "account",
};
const broken: SendResult = { type: "unknown", reason: "HTTP 502", trouble: "gateway" };

/** One worker process, which lives through several texts. */
function worker(gateway: FakeGateway): (key: TextKey) => Promise<void> {
  const { db, clock, pepper } = kisumu;
  const sealing_key = sealingKey(pepper);
  return makeSender({ db, gateway, breaker, now: clock.now, sealing_key });
}

const inTurn = async (send: (key: TextKey) => Promise<void>, count: number) => {
  const texts: TextKey[] = [];
  for (let at = 0; at < count; at += 1) {
    const text = await writeText(kisumu);
    await send(text);
    texts.push(text);
  }
  return texts;
};

const states = async (texts: readonly TextKey[]): Promise<readonly string[]> =>
  (await Promise.all(texts.map((text) => storedOf(kisumu, text)))).map(({ state }) => state);

describe("a gateway that takes nothing", () => {
  test.for([
    ["HTTP 401", locked],
    ["405 InsufficientBalance", empty],
    ["HTTP 302", { type: "not-taken", reason: "HTTP 302", trouble: "account" }],
  ] as const)(
    "is left alone after one %s, and everything stays queued",
    async ([reason, answer]) => {
      const gateway = gatewayThatAnswers(answer);
      const texts = await inTurn(worker(gateway), 4);
      expect(gateway.given).toHaveLength(1);
      expect(await states(texts)).toEqual(["queued", "queued", "queued", "queued"]);
      expect(breaker.room(kisumu.clock.now())).toBe(0);
      expect(await whyTextsWait(kisumu.db)).toContain(reason);
    },
  );

  test("is left alone after five failures in a row, and no text more is put at risk", async () => {
    const gateway = gatewayThatAnswers(broken, broken, broken, broken, broken);
    const texts = await inTurn(worker(gateway), 7);
    expect(gateway.given).toHaveLength(5);
    expect((await states(texts)).slice(5)).toEqual(["queued", "queued"]);
  });

  test("is left alone after five in a row of which it refused each as it was sent", async () => {
    const malformed: SendResult = { type: "refused", reason: "HTTP 400", trouble: "gateway" };
    const gateway = gatewayThatAnswers(...Array.from({ length: 5 }, () => malformed));
    const texts = await inTurn(worker(gateway), 7);
    expect(await states(texts)).toEqual([...Array<string>(5).fill("failed"), "queued", "queued"]);
    expect(await whyTextsWait(kisumu.db)).toContain("HTTP 400");
  });

  test("is not left alone for failures with texts between them that it took", async () => {
    const gateway = gatewayThatAnswers(
      ...Array.from({ length: 10 }, (_, at) => (at % 4 === 3 ? accepted(`ATXid_b${at}`) : broken)),
    );
    await inTurn(worker(gateway), 10);
    expect(gateway.given).toHaveLength(10);
    expect(await whyTextsWait(kisumu.db)).toBeNull();
  });

  test("is tried with one text, later and later, and used again once it takes one", async () => {
    const gateway = gatewayThatAnswers(
      locked,
      locked,
      accepted("ATXid_well"),
      accepted("ATXid_w2"),
    );
    const send = worker(gateway);
    await inTurn(send, 1);
    kisumu.clock.moveOn({ seconds: 29 });
    await inTurn(send, 1);
    expect(gateway.given).toHaveLength(1);
    kisumu.clock.moveOn({ seconds: 1 });
    await inTurn(send, 2);
    expect(gateway.given).toHaveLength(2);
    kisumu.clock.moveOn({ seconds: 59 });
    await inTurn(send, 1);
    expect(gateway.given).toHaveLength(2);
    kisumu.clock.moveOn({ seconds: 1 });
    await inTurn(send, 2);
    expect(gateway.given).toHaveLength(4);
    expect(await whyTextsWait(kisumu.db)).toBeNull();
  });

  test("is tried with one text only, though ten come at once", async () => {
    const held = Promise.withResolvers<SendResult>();
    const gateway = gatewayThatAnswers(locked, () => held.promise);
    const send = worker(gateway);
    await inTurn(send, 1);
    kisumu.clock.moveOn({ seconds: 31 });
    const texts = await Promise.all(Array.from({ length: 10 }, () => writeText(kisumu)));
    const all = Promise.all(texts.map(send));
    held.resolve(locked);
    await all;
    expect(gateway.given).toHaveLength(2);
    expect(new Set(await states(texts))).toEqual(new Set(["queued"]));
  });

  test("is left alone also by a process that starts, and by the others", async () => {
    await inTurn(worker(gatewayThatAnswers(locked)), 1);
    breaker = makeBreaker(kisumu.clock.now());
    await sharedHealth(kisumu.db, breaker)();
    await inTurn(worker(gatewayThatAnswers()), 1);
    expect(breaker.health()).toMatchObject({ open: true, reason: "HTTP 401" });
  });
});

describe("a text that the gateway will not take", () => {
  const busy: SendResult = { type: "not-taken", reason: "HTTP 429", trouble: "gateway" };
  const at = (attempts: number, age_h: number, answer: SendResult, random = 0.999) => {
    const now = new Date("2026-03-14T14:40:00Z");
    const created_at = new Date(now.getTime() - age_h * 3_600_000);
    const fate = fateOf(answer, { attempts, created_at }, now, () => random);
    const wait_ms = fate.state === "queued" ? fate.due_at.getTime() - now.getTime() : NaN;
    return { state: fate.state, reason: fate.reason, wait_s: Math.round(wait_ms / 1_000) };
  };

  test("waits longer each time, up to ten minutes, and never as long as its neighbour", () => {
    const waits = [1, 2, 3, 4, 10, 200].map((attempts) => at(attempts, 1, busy).wait_s);
    expect(waits).toEqual([2, 4, 8, 16, 600, 600]);
    expect(at(10, 1, busy, 0).wait_s).toBe(300);
  });

  test("has failed after a day, with what the gateway said", () => {
    expect(at(150, 23, busy).state).toBe("queued");
    expect(at(150, 24, busy)).toMatchObject({
      state: "failed",
      reason: "not taken for a day: HTTP 429",
    });
  });

  test("goes on waiting while the account is empty: that says nothing of the text", () => {
    expect(at(150, 48, empty).state).toBe("queued");
  });

  test("has failed after a week, whatever it waited for", async () => {
    const text = await writeText(kisumu);
    await worker(gatewayThatAnswers(empty))(text);
    kisumu.clock.moveOn({ days: 6 });
    await failOverdue(kisumu.db, kisumu.clock.now());
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "queued" });
    kisumu.clock.moveOn({ days: 1, minutes: 1 });
    await failOverdue(kisumu.db, kisumu.clock.now());
    expect(await storedOf(kisumu, text)).toMatchObject({
      state: "failed",
      reason: "not sent in 7 days: 405 InsufficientBalance",
    });
  });
});
