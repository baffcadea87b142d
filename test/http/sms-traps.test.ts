import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { inTransaction } from "../../src/db/transaction.ts";
import { faultAnswers, type FaultName } from "../../src/gateway/simulator/faults.ts";
import { writeTexts } from "../../src/outbox/outbox.ts";
import { postForm } from "../support/phone.ts";
import { query } from "../support/servers.ts";
import { callback_secret, eventually, openWorld, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  // Long enough for a busy machine: only what hangs may meet it.
  world = await openWorld({ sending: { gateway_timeout_ms: 3_000, redeliver_ms: 50 } });
});
afterAll(() => world.close());
beforeEach(async () => {
  // A gateway that was left alone is used again at once.
  await world.db
    .updateTable("gateway_health")
    .set({ open: false, updated_at: world.clock.now() })
    .execute();
});

let last_phone = 711_200_000;
/** A phone of its own for each text, so that tests do not meet. */
const freshPhone = (): string => `+254${String((last_phone += 1))}`;

const look = (): Promise<unknown> =>
  // Any callback makes the service look for texts at once.
  postForm(world.service.app, `/at/${callback_secret}/sms`, {
    id: randomUUID(),
    from: "+254799000999",
    to: "22551",
    text: "",
  });

async function writeReceipt(recipient: string): Promise<string> {
  const { id: community_id } = await world.db
    .selectFrom("community")
    .select("id")
    .executeTakeFirstOrThrow();
  const text = { recipient, member_id: null, segments: 1, text: `Receipt ${randomUUID()}` };
  const [id = ""] = await inTransaction(world.db, (trx) =>
    writeTexts(trx, community_id, world.clock.now(), [{ ...text, purpose: "receipt" }]),
  );
  await look();
  return id;
}

const stateOf = async (id: string): Promise<string> => {
  const { state } = await world.db
    .selectFrom("message")
    .select("state")
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return state;
};
const becomes = (id: string, state: string): Promise<void> =>
  eventually(async () => expect(await stateOf(id)).toBe(state));

// Trap 13.
describe("reports of a text", () => {
  test.for([
    ["before the gateway has answered the send", { timing: "early" }, "delivered"],
    ["late", { late_ms: 300 }, "delivered"],
    ["five times each", { statuses: ["Sent", "Success"], times: 5 }, "delivered"],
    ["in the wrong order", { statuses: ["Success", "Buffered", "Sent"] }, "delivered"],
    [
      "early and in the wrong order",
      { statuses: ["Success", "Sent"], timing: "early" },
      "delivered",
    ],
    [
      "of a failure",
      { statuses: ["Submitted", "Failed"], failureReason: "DeliveryFailure" },
      "failed",
    ],
    ["of a status nobody knows", { statuses: ["Teleported", "Success"] }, "delivered"],
  ] as const)("%s move it forward only", async ([, plan, state]) => {
    const phone = freshPhone();
    world.simulator.reportNext(phone, plan);
    await becomes(await writeReceipt(phone), state);
    expect(world.simulator.inbox(phone)).toHaveLength(1);
  });

  test("that never come leave it sent", async () => {
    const phone = freshPhone();
    world.simulator.reportNext(phone, { statuses: [] });
    await becomes(await writeReceipt(phone), "sent");
  });
});

// Trap 14: each answer there is, through the whole service and the SDK.
describe("an answer to a send", () => {
  const ends: Readonly<Record<FaultName, "sent" | "failed" | "queued" | "unknown">> = {
    processed: "sent",
    "queued-there": "sent",
    "risk-hold": "failed",
    "bad-sender": "queued",
    "bad-number": "failed",
    "unsupported-number": "failed",
    "no-balance": "queued",
    blacklisted: "failed",
    "no-route": "failed",
    "do-not-disturb": "failed",
    "server-error": "queued",
    "gateway-error": "queued",
    rejected: "failed",
    "no-id": "failed",
    "no-recipients": "queued",
    "none-left": "queued",
    "out-of-service": "queued",
    html: "unknown",
    empty: "unknown",
    "a-string": "unknown",
    "ok-200": "unknown",
    unauthorized: "queued",
    forbidden: "queued",
    "not-found": "queued",
    "bad-request": "failed",
    "too-many": "queued",
    broken: "unknown",
    "bad-gateway": "unknown",
    busy: "queued",
    "gateway-timeout": "unknown",
    redirect: "queued",
    reset: "unknown",
    hang: "unknown",
  };
  // Those that close the gateway come last, and each is followed by one that opens it.
  test.for(Object.keys(faultAnswers) as FaultName[])(
    "of %s is not followed by another send",
    async (answer) => {
      const phone = freshPhone();
      world.simulator.failNext(phone, { answer, delivers: false });
      const id = await writeReceipt(phone);
      await eventually(async () => {
        const row = await world.db
          .selectFrom("message")
          .select(["state", "attempts", "reason"])
          .where("id", "=", id)
          .executeTakeFirstOrThrow();
        expect(row).toMatchObject({ state: ends[answer], attempts: 1 });
        if (ends[answer] !== "sent") expect(row.reason).not.toBeNull();
      });
      expect(world.simulator.inbox(phone)).toEqual([]);
      if (ends[answer] !== "queued") return;
      // The clock stands still, so it waits; moved on, it is tried again and arrives.
      world.clock.moveOn({ minutes: 2 });
      await becomes(id, "delivered");
      expect(world.simulator.inbox(phone)).toHaveLength(1);
    },
  );
});

// Trap 15.
describe("a text that the gateway took without an answer that came in time", () => {
  test("is settled by its report, and never sent again", async () => {
    const phone = freshPhone();
    world.simulator.failNext(phone, { answer: "hang", delivers: true });
    const id = await writeReceipt(phone);
    await becomes(id, "delivered");
    world.clock.moveOn({ days: 8 });
    await look();
    expect(world.simulator.inbox(phone)).toHaveLength(1);
  });

  test("stays unknown where no report comes, and is never sent again", async () => {
    const phone = freshPhone();
    world.simulator.failNext(phone, { answer: "hang", delivers: true });
    world.simulator.reportNext(phone, { statuses: [] });
    const id = await writeReceipt(phone);
    await becomes(id, "unknown");
    world.clock.moveOn({ days: 8 });
    // A later text to another phone has gone out, so the service has looked.
    await becomes(await writeReceipt(freshPhone()), "delivered");
    expect(await stateOf(id)).toBe("unknown");
    expect(world.simulator.inbox(phone)).toHaveLength(1);
  });

  test("is left to an operator where two to one phone may be meant", async () => {
    const phone = freshPhone();
    world.simulator.failNext(
      phone,
      { answer: "hang", delivers: false },
      { answer: "hang", delivers: true },
    );
    world.simulator.reportNext(phone, { late_ms: 4_500 });
    const ids = [await writeReceipt(phone), await writeReceipt(phone)];
    for (const id of ids) await becomes(id, "unknown");
    await eventually(async () => {
      const reports = await world.db
        .selectFrom("delivery_report")
        .select("status")
        .where("recipient", "=", phone)
        .execute();
      expect(reports).toHaveLength(1);
    });
    // Reports are taken one after the other: once this one is answered, that one has been applied.
    const other = { id: randomUUID(), status: "Sent", phoneNumber: freshPhone() };
    await postForm(world.service.app, `/at/${callback_secret}/sms/delivery`, other);
    for (const id of ids) expect(await stateOf(id)).toBe("unknown");
  });
});

test("a gateway that takes nothing shows in /readyz, and the service stays ready", async () => {
  const phone = freshPhone();
  world.simulator.failNext(phone, { answer: "unauthorized", delivers: false });
  const ready = () => world.service.app.inject("/readyz");
  const gateway = async () => {
    const { detail } = (await ready()).json<{ detail: { gateway: string | null } }>();
    return detail.gateway;
  };
  expect(await gateway()).toBeNull();
  const [held, waiting] = [await writeReceipt(phone), freshPhone()];
  await eventually(async () => expect(await gateway()).toMatch(/^texts wait since .*HTTP 401/));
  expect((await ready()).statusCode).toBe(200);
  const later = await writeReceipt(waiting);
  expect(await stateOf(later)).toBe("queued");
  world.clock.moveOn({ minutes: 1 });
  await becomes(held, "delivered");
  await becomes(later, "delivered");
  expect(await gateway()).toBeNull();
});

// Trap 12.
describe("texts that are delivered again", () => {
  const grace = "+254711000104";
  // One phone alone would be asked to come again a minute later.
  const senders = [grace, "+254711000101", "+254711000102", "+254711000105"];

  test("1,000 deliveries of 100 texts at once have 100 effects", async () => {
    const count = async () => ({
      texts: (await world.db.selectFrom("inbound_message").selectAll().execute()).length,
      answers: (
        await world.db.selectFrom("message").selectAll().where("recipient", "in", senders).execute()
      ).length,
    });
    const before = await count();
    const deliveries = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        world.simulator.text({
          from: senders[at % senders.length] ?? grace,
          to: "22551",
          text: "BAL",
          copies: 10,
        }),
      ),
    );
    // A busy machine may answer some 503 at first; then they come again, and count no second time.
    expect(Math.min(...deliveries)).toBeGreaterThanOrEqual(10);
    const after = await count();
    expect(after.texts - before.texts).toBe(100);
    expect(after.answers - before.answers).toBe(100);
  }, 90_000);

  test("go on being delivered while the database is away, and have one effect after it", async () => {
    const name = new URL(world.database_url).pathname.slice(1);
    const server = inject("postgres_url");
    const answers = () =>
      world.simulator.inbox(grace).filter(({ text }) => text.includes("Questions: "));
    const before = answers().length;
    await query(server, `alter database ${name} allow_connections false`);
    await query(
      server,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    );
    const logged = world.logs.length;
    const delivering = world.simulator.text({ from: grace, to: "22551", text: "HELP" });
    // Not before it was refused once.
    await eventually(() =>
      expect(world.logs.slice(logged).join("")).toContain("will deliver it again"),
    );
    await query(server, `alter database ${name} allow_connections true`);
    expect(await delivering).toBeGreaterThan(1);
    // A worker whose connection was cut may rest for 15 s before it takes up the queue again, and a
    // text that the queue lost with it is handed over again after a minute.
    const later = () => {
      world.clock.moveOn({ seconds: 1 });
      expect(answers()).toHaveLength(before + 1);
    };
    await vi.waitFor(later, { timeout: 40_000, interval: 50 });
  }, 60_000);
});
