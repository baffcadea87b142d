import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  onTestFinished,
  test,
} from "vitest";
import type { Gateway } from "../../src/gateway/gateway.ts";
import { tallyAll, tallyTexts } from "../../src/domain/messages.ts";
import { applyMissedReports } from "../../src/outbox/delivery.ts";
import { emptyTexts } from "../../src/outbox/forget.ts";
import { sealingKey } from "../../src/outbox/seal.ts";
import { settle, takeForSending, type TextKey } from "../../src/outbox/sending.ts";
import { failOverdue, markAbandoned } from "../../src/outbox/sweep.ts";
import { startRelay, type Relay } from "../../src/worker/relay.ts";
import { accepted, gatewayThatAnswers } from "../support/fake-gateway.ts";
import { openKisumu, type Kisumu } from "../support/kisumu.ts";
import { queueThatLoses, reported, sendWith, storedOf, writeText } from "../support/outbox.ts";
import { query } from "../support/servers.ts";
import { eventually } from "../support/world.ts";

let kisumu: Kisumu;
beforeAll(async () => {
  kisumu = await openKisumu();
});
afterAll(() => kisumu.close());

const send = (gateway: Gateway, key: TextKey): Promise<void> => sendWith(kisumu, gateway, key);

const ours = () => sealingKey(kisumu.pepper);

describe("a text from the outbox", () => {
  test("is sent when the gateway accepts it, and delivered when the gateway reports it", async () => {
    const text = await writeText(kisumu);
    const gateway = gatewayThatAnswers(accepted("ATXid_told"));
    await send(gateway, text);
    expect(gateway.given).toMatchObject([{ to: "+254711000101" }]);
    expect(await storedOf(kisumu, text)).toEqual({
      state: "sent",
      gateway_id: "ATXid_told",
      reason: null,
      attempts: 1,
    });
    await reported(kisumu, "ATXid_told", "Success");
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "delivered" });
  });

  test("costs what the gateway says, kept digit by digit and summed for each currency", async () => {
    kisumu.clock.moveOn({ minutes: 1 });
    const from = kisumu.clock.now();
    const said = [
      { currency: "KES", amount: "0.8000" },
      { currency: "KES", amount: "0.1" },
      { currency: "KES", amount: "0.2" },
      { currency: "GHS", amount: "0.021" },
      null,
    ];
    for (const [at, cost] of said.entries()) {
      const gateway = gatewayThatAnswers({ ...accepted(`ATXid_cost_${at}`), cost });
      await send(gateway, await writeText(kisumu));
    }
    await reported(kisumu, "ATXid_cost_0", "Success");
    const span = { from, until: undefined };
    expect(await tallyAll(kisumu.db, kisumu.community.id, span)).toEqual({
      texts: 5,
      segments: 5,
      costs: [
        { currency: "GHS", amount: "0.021" },
        { currency: "KES", amount: "1.1000" },
      ],
    });
    expect(await tallyTexts(kisumu.db, kisumu.community.id, span)).toMatchObject({
      delivered: { texts: 1, costs: [{ currency: "KES", amount: "0.8000" }] },
      failed: { texts: 0, segments: 0, costs: [] },
    });
  });

  test("is kept whole while a report of it may come, however long ago it was written", async () => {
    const text = await writeText(kisumu);
    kisumu.clock.moveOn({ days: 6 });
    await send(gatewayThatAnswers(accepted("ATXid_late")), text);
    const emptied = async (): Promise<boolean> => {
      const now = kisumu.clock.now();
      const written_before = new Date(now.getTime() - 8 * 86_400_000);
      await emptyTexts(kisumu.db, { written_before, now });
      const row = await kisumu.db
        .selectFrom("message")
        .select(["text", "recipient"])
        .where("id", "=", text.id)
        .executeTakeFirstOrThrow();
      return row.text === "" && row.recipient === "";
    };
    kisumu.clock.moveOn({ days: 3 });
    expect(await emptied()).toBe(false);
    kisumu.clock.moveOn({ days: 5 });
    expect(await emptied()).toBe(true);
  });

  // R2: whoever answers it must reach the community that wrote it.
  test("comes from its community's number, else from whatever the account sends from", async () => {
    const gateway = gatewayThatAnswers(accepted("ATXid_own"), accepted("ATXid_account"));
    await send(gateway, await writeText(kisumu));
    await kisumu.db.updateTable("community").set({ sms_number: null }).execute();
    await send(gateway, await writeText(kisumu));
    await kisumu.db.updateTable("community").set({ sms_number: "22551" }).execute();
    expect(gateway.senders).toEqual(["22551", undefined]);
  });

  test("is delivered also when the report comes before the gateway's answer", async () => {
    const text = await writeText(kisumu);
    const reportsFirst = async () => {
      await reported(kisumu, "ATXid_early", "Success");
      return accepted("ATXid_early");
    };
    await send(gatewayThatAnswers(reportsFirst), text);
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "delivered" });
  });

  test("is delivered also when the report is being stored while the answer comes", async () => {
    for (let at = 0; at < 40; at += 1) {
      const text = await writeText(kisumu);
      const gateway_id = `ATXid_race${at}`;
      let reporting: Promise<unknown> | undefined;
      const reportsMeanwhile = () => {
        reporting = reported(kisumu, gateway_id, "Success");
        return Promise.resolve(accepted(gateway_id));
      };
      await send(gatewayThatAnswers(reportsMeanwhile), text);
      await reporting;
      expect(await storedOf(kisumu, text)).toMatchObject({ state: "delivered" });
    }
  });

  test("has failed when it is refused, and is not tried again", async () => {
    const text = await writeText(kisumu);
    const gateway = gatewayThatAnswers({ type: "refused", reason: "406 UserInBlacklist" });
    await send(gateway, text);
    await send(gateway, text);
    expect(gateway.given).toHaveLength(1);
    expect(await storedOf(kisumu, text)).toMatchObject({
      state: "failed",
      reason: "406 UserInBlacklist",
    });
  });

  test("that was not taken goes back, to be handed over again a little later", async () => {
    const text = await writeText(kisumu);
    const busy = { type: "not-taken", reason: "HTTP 429" } as const;
    const gateway = gatewayThatAnswers(busy, accepted("ATXid_second"));
    await send(gateway, text);
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "queued", reason: "HTTP 429" });
    await send(gateway, text);
    expect(await storedOf(kisumu, text)).toMatchObject({
      state: "sent",
      reason: null,
      attempts: 2,
    });
  });

  test("of which nobody knows is never sent again by anything", async () => {
    const text = await writeText(kisumu);
    const gateway = gatewayThatAnswers({ type: "unknown", reason: "ECONNRESET" });
    await send(gateway, text);
    kisumu.clock.moveOn({ days: 2 });
    await markAbandoned(kisumu.db, kisumu.clock.now());
    const [queue, relay] = startsRelaying();
    // What was written later has been handed over, so this one would have been.
    const later = await writeText(kisumu);
    relay.nudge();
    await eventually(() => expect(queue.handed).toContain(later.id));
    expect(queue.handed).not.toContain(text.id);
    await send(gateway, text);
    expect(gateway.given).toHaveLength(1);
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "unknown", reason: "ECONNRESET" });
  });

  test("is known to be sent though the database was away when the gateway answered", async () => {
    const text = await writeText(kisumu);
    const name = new URL(kisumu.database_url).pathname.slice(1);
    const allow = (on: boolean) =>
      query(inject("postgres_url"), `alter database ${name} allow_connections ${String(on)}`);
    const goesAway = async () => {
      await allow(false);
      await query(
        inject("postgres_url"),
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
      );
      setTimeout(() => void allow(true), 300);
      return accepted("ATXid_while_away");
    };
    const gateway = gatewayThatAnswers(goesAway);
    await send(gateway, text);
    expect(gateway.given).toHaveLength(1);
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "sent" });
  });

  test("that ten workers take at once is sent once", async () => {
    const text = await writeText(kisumu);
    const gateway = gatewayThatAnswers(accepted("ATXid_one_of_ten"));
    await Promise.all(Array.from({ length: 10 }, () => send(gateway, text)));
    expect(gateway.given).toHaveLength(1);
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "sent", attempts: 1 });
  });

  test("whose worker died before it looked for a report that came first is found again", async () => {
    const text = await writeText(kisumu);
    await reported(kisumu, "ATXid_missed", "Success");
    await takeForSending(kisumu.db, [text], { now: kisumu.clock.now(), sealing_key: ours() });
    const fate = { state: "sent", gateway_id: "ATXid_missed", cost: null, reason: null } as const;
    await settle(kisumu.db, [{ key: text, fate }], kisumu.clock.now());
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "sent" });
    await applyMissedReports(kisumu.db, kisumu.clock.now());
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "sent" });
    kisumu.clock.moveOn({ seconds: 6 });
    await applyMissedReports(kisumu.db, kisumu.clock.now());
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "delivered" });
  });

  test("whose worker died while sending is unknown after two minutes, and not sent", async () => {
    const text = await writeText(kisumu);
    await takeForSending(kisumu.db, [text], { now: kisumu.clock.now(), sealing_key: ours() });
    kisumu.clock.moveOn({ minutes: 2 });
    expect(await markAbandoned(kisumu.db, kisumu.clock.now())).toBe(0);
    await send(gatewayThatAnswers(), text);
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "sending" });
    kisumu.clock.moveOn({ seconds: 1 });
    expect(await markAbandoned(kisumu.db, kisumu.clock.now())).toBe(1);
    await send(gatewayThatAnswers(), text);
    expect(await storedOf(kisumu, text)).toMatchObject({
      state: "unknown",
      reason: "the worker stopped while sending",
    });
  });
});

const startsRelaying = (
  more: { room?: () => number; size?: number } = {},
): [ReturnType<typeof queueThatLoses>, Relay] => {
  const queue = queueThatLoses(more.size);
  const onError = (error: unknown): void => expect.fail(String(error));
  const relay = startRelay({ db: kisumu.db, queue, now: kisumu.clock.now, onError, ...more });
  onTestFinished(() => relay.stop());
  return [queue, relay];
};

describe("the relay", () => {
  test("hands over what a queue lost after 60 s, and not before", async () => {
    const [queue, relay] = startsRelaying();
    const handedOver = async (): Promise<string> => {
      const { id } = await writeText(kisumu);
      relay.nudge();
      await eventually(() => expect(queue.handed).toContain(id));
      return id;
    };
    const times = (id: string): number => queue.handed.filter((other) => other === id).length;
    const lost = await handedOver();
    kisumu.clock.moveOn({ seconds: 59 });
    await handedOver();
    expect(times(lost)).toBe(1);
    kisumu.clock.moveOn({ seconds: 1 });
    await handedOver();
    expect(times(lost)).toBe(2);
  });

  test("hands over all there is at one look, and each text once for many nudges", async () => {
    await Promise.all(Array.from({ length: 205 }, () => writeText(kisumu)));
    const [queue, relay] = startsRelaying();
    for (let nudges = 0; nudges < 100; nudges += 1) relay.nudge();
    // The look in hand is finished first.
    await relay.stop();
    expect(queue.handed.length).toBeGreaterThanOrEqual(205);
    expect(new Set(queue.handed).size).toBe(queue.handed.length);
  });
});

describe("the relay, of what waits", () => {
  beforeEach(() => emptyOutbox());

  test("hands over the most urgent first, and the oldest of those", async () => {
    const purposes = ["reminder", "request", "answer", "receipt", "security", "code"] as const;
    const written: TextKey[] = [];
    for (const purpose of purposes) written.push(await writeText(kisumu, { purpose }));
    const [queue, relay] = startsRelaying();
    await relay.stop();
    const order = queue.handed.map((id) => written.findIndex((text) => text.id === id));
    expect(order).toEqual([3, 4, 5, 2, 0, 1]);
  });

  test("hands over nothing while the gateway takes nothing, and then one to try it", async () => {
    await Promise.all(Array.from({ length: 5 }, () => writeText(kisumu)));
    let room = 0;
    const [queue, relay] = startsRelaying({ room: () => room });
    await relay.stop();
    expect(queue.handed).toEqual([]);
    room = 1;
    const [next, trying] = startsRelaying({ room: () => room });
    await trying.stop();
    expect(next.handed).toHaveLength(1);
  });

  test("leaves in the outbox what would make the queue too long", async () => {
    for (let at = 0; at < 5; at += 1)
      await Promise.all(Array.from({ length: 450 }, () => writeText(kisumu)));
    const [queue, relay] = startsRelaying({ size: 2_000 });
    await relay.stop();
    expect(queue.handed.length).toBeLessThanOrEqual(2_000);
    expect(queue.handed.length).toBeGreaterThan(1_500);
  });

  test("ends after a week, whatever held it up, with what held it up", async () => {
    const text = await writeText(kisumu);
    await send(gatewayThatAnswers({ type: "not-taken", reason: "HTTP 401" }), text);
    kisumu.clock.moveOn({ days: 7 });
    expect(await failOverdue(kisumu.db, kisumu.clock.now())).toBe(0);
    kisumu.clock.moveOn({ seconds: 1 });
    expect(await failOverdue(kisumu.db, kisumu.clock.now())).toBe(1);
    expect(await storedOf(kisumu, text)).toMatchObject({
      state: "failed",
      reason: "not sent in 7 days: HTTP 401",
    });
  });
});

/** What other tests left waiting is not this one's. */
const emptyOutbox = async (): Promise<void> => {
  await kisumu.db
    .updateTable("message")
    .set({ state: "failed", due_at: null })
    .where("state", "=", "queued")
    .execute();
};

describe("delivery reports", () => {
  test.for([
    ["delivered", ["Success"], "Success"],
    ["delivered", ["Success", "Success"], "Success"],
    ["delivered", ["Success", "Failed"], "Success"],
    ["delivered", ["Success", "Sent", "Buffered"], "Success"],
    ["delivered", ["Submitted", "Buffered", "Success"], "Success"],
    ["failed", ["Failed"], "Failed"],
    ["failed", ["Failed", "Success"], "Failed"],
    ["failed", ["Rejected", "Sent"], "Rejected"],
    ["failed", ["Submitted", "Expired"], "Expired"],
    ["sent", ["Sent", "Submitted", "Buffered", "AbsentSubscriber"], null],
    ["sent", ["Teleported"], null],
  ] as const)("leave a text %s after %s", async ([state, statuses, reason], { task }) => {
    const id = `ATXid_${task.id}`;
    const text = await writeText(kisumu);
    await send(gatewayThatAnswers(accepted(id)), text);
    for (const status of statuses) await reported(kisumu, id, status, { reason: status });
    expect(await storedOf(kisumu, text)).toMatchObject({ state, reason, gateway_id: id });
  });

  test("of a text that is nobody's change nothing", async () => {
    const text = await writeText(kisumu);
    await send(gatewayThatAnswers(accepted("ATXid_somebodys")), text);
    await reported(kisumu, "ATXid_nobodys", "Success");
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "sent" });
  });

  test("do not move a text that has not been sent", async () => {
    const text = await writeText(kisumu);
    await reported(kisumu, "None", "Success");
    await send(gatewayThatAnswers({ type: "refused", reason: "InvalidSenderId" }), text);
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "failed" });
  });
});
