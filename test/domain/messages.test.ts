import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "../../src/db/transaction.ts";
import {
  countTexts,
  listTexts,
  resendText,
  settleText,
  type TextFilter,
} from "../../src/domain/messages.ts";
import { notify } from "../../src/domain/notify.ts";
import { writeTexts } from "../../src/outbox/outbox.ts";
import type { TextKey } from "../../src/outbox/sending.ts";
import { accepted, gatewayThatAnswers } from "../support/fake-gateway.ts";
import { openKisumu, type Kisumu } from "../support/kisumu.ts";
import { reported, sendWith, storedOf, writeText } from "../support/outbox.ts";

let kisumu: Kisumu;
beforeAll(async () => {
  kisumu = await openKisumu();
});
afterAll(() => kisumu.close());

const lost = { type: "unknown", reason: "ECONNRESET" } as const;
const actor = "key:the-operator";

async function unknownText(): Promise<TextKey> {
  const text = await writeText(kisumu, { purpose: "receipt" });
  await sendWith(kisumu, gatewayThatAnswers(lost), text);
  return text;
}

const here = async <T>(
  act: (context: Parameters<typeof resendText>[0]) => Promise<T>,
): Promise<T> => {
  const { db, community, clock, pepper } = kisumu;
  return await inTransaction(db, (trx) => act({ trx, community, now: clock.now(), pepper }));
};
const resend = ({ id }: { id: string }) => here((context) => resendText(context, { id, actor }));

describe("a text of which nobody knows", () => {
  test("is sent again when an operator decides so, as a new one that names it", async () => {
    const text = await unknownText();
    const answer = await resend(text);
    if (answer.type !== "resent") throw new Error(answer.type);
    const gateway = gatewayThatAnswers(accepted("ATXid_again"));
    await sendWith(kisumu, gateway, { ...text, id: answer.id });
    expect(gateway.given).toHaveLength(1);
    const { resend_of, purpose } = await kisumu.db
      .selectFrom("message")
      .select(["resend_of", "purpose"])
      .where("id", "=", answer.id)
      .executeTakeFirstOrThrow();
    expect({ resend_of, purpose }).toEqual({ resend_of: text.id, purpose: "receipt" });
    expect(await storedOf(kisumu, text)).toMatchObject({ state: "unknown" });
    const events = await kisumu.db
      .selectFrom("audit_event")
      .select(["actor", "act", "after"])
      .where("subject", "=", `message:${text.id}`)
      .execute();
    expect(events).toEqual([{ actor, act: "text.resent", after: { message: answer.id } }]);
  });

  test("is sent again once, though ten ask at once", async () => {
    const text = await unknownText();
    const answers = await Promise.all(Array.from({ length: 10 }, () => resend(text)));
    expect(answers.filter(({ type }) => type === "resent")).toHaveLength(1);
    expect(answers.filter(({ type }) => type === "resent-before")).toHaveLength(9);
  });

  test("is settled by an operator who found out, and then by nobody else", async () => {
    const text = await unknownText();
    const settle = (as: "delivered" | "failed") =>
      here((context) => settleText(context, { id: text.id, actor, as }));
    expect(await settle("delivered")).toEqual({ type: "settled" });
    expect(await settle("failed")).toEqual({ type: "not-unknown", state: "delivered" });
    expect(await storedOf(kisumu, text)).toMatchObject({
      state: "delivered",
      reason: "settled by an operator",
    });
    expect(await resend(text)).toEqual({ type: "not-resendable", state: "delivered" });
  });

  test("that holds a code is sent again whole; once the code is wiped it cannot be", async () => {
    const { db, clock, community, pepper, achieng } = kisumu;
    const say = (_l: string, _t: readonly string[], { code = "" }: Record<string, unknown>) => ({
      text: `Show code ${String(code)}`,
      segments: 1,
    });
    await inTransaction(db, (trx) =>
      notify({ trx, community, now: clock.now(), pepper, say }, [
        { to: achieng, purpose: "code", text: "any", fields: { code: "7Q2KX" }, secrets: ["code"] },
      ]),
    );
    const text = await db
      .selectFrom("message")
      .select(["community_id", "id"])
      .where("text", "=", "Show code ****")
      .executeTakeFirstOrThrow();
    await sendWith(kisumu, gatewayThatAnswers(lost), text);
    const answer = await resend(text);
    if (answer.type !== "resent") throw new Error(answer.type);
    const gateway = gatewayThatAnswers({ type: "refused", reason: "403 InvalidPhoneNumber" });
    await sendWith(kisumu, gateway, { ...text, id: answer.id });
    expect(gateway.given).toMatchObject([{ text: "Show code 7Q2KX" }]);
    expect(await resend(answer)).toEqual({ type: "words-gone" });
  });
});

test("a text that waits or was delivered, or is nobody's, is not sent again", async () => {
  const text = await writeText(kisumu);
  expect(await resend(text)).toEqual({ type: "not-resendable", state: "queued" });
  await sendWith(kisumu, gatewayThatAnswers(accepted("ATXid_once")), text);
  expect(await resend(text)).toEqual({ type: "not-resendable", state: "sent" });
  await reported(kisumu, "ATXid_once", "Success");
  expect(await resend(text)).toEqual({ type: "not-resendable", state: "delivered" });
  expect(await resend({ id: uuid() })).toEqual({ type: "no-such-text" });
});

describe("the list of a community's texts", () => {
  let other: Kisumu;
  beforeAll(async () => {
    other = await openKisumu();
    const { db, community, achieng, grace } = other;
    // Pairs are written at the same moment, so that only their ids tell them apart.
    for (let at = 0; at < 25; at += 1) {
      const to = at % 5 === 0 ? grace : achieng;
      if (at % 2 === 0) other.clock.moveOn({ minutes: 1 });
      await inTransaction(db, (trx) =>
        writeTexts(trx, community.id, other.clock.now(), [
          {
            recipient: to.phone,
            member_id: to.id,
            purpose: at % 2 === 0 ? "receipt" : "request",
            text: `Text ${at}`,
            segments: 1,
          },
        ]),
      );
    }
  });
  afterAll(() => other.close());

  const all = async (filter: TextFilter, limit = 7) => {
    const found: string[] = [];
    const sizes: number[] = [];
    let after: string | undefined;
    do {
      const page = await listTexts(other.db, other.community.id, filter, { limit, after });
      if (page.type !== "page") throw new Error(page.type);
      found.push(...page.texts.map(({ text }) => text));
      sizes.push(page.texts.length);
      after = page.next ?? undefined;
    } while (after !== undefined);
    return { found, sizes };
  };

  test("is newest first, and its pages together are all of it, each text once", async () => {
    const { found, sizes } = await all({});
    expect(found).toEqual(Array.from({ length: 25 }, (_, at) => `Text ${24 - at}`));
    expect(sizes).toEqual([7, 7, 7, 4]);
    expect((await all({}, 25)).sizes).toEqual([25]);
  });

  test("can be asked for by purpose, state, recipient and time", async () => {
    expect((await all({ purpose: "request" })).found).toHaveLength(12);
    expect((await all({ state: "queued" })).found).toHaveLength(25);
    expect((await all({ state: "failed" })).found).toEqual([]);
    const graces = { recipient: other.grace.phone };
    expect((await all(graces)).found).toEqual([
      "Text 20",
      "Text 15",
      "Text 10",
      "Text 5",
      "Text 0",
    ]);
    const until = new Date("2026-03-14T14:43:00Z");
    expect((await all({ until })).found).toEqual(["Text 3", "Text 2", "Text 1", "Text 0"]);
    const from = new Date("2026-03-14T14:42:00Z");
    expect((await all({ from, until })).found).toEqual(["Text 3", "Text 2"]);
  });

  test("shows no whole number, and a cursor that is none is refused", async () => {
    const page = await listTexts(other.db, other.community.id, {}, { limit: 200 });
    if (page.type !== "page") throw new Error(page.type);
    expect(page.texts[0]?.recipient).toBe("+254*****101");
    expect(JSON.stringify(page)).not.toContain("711000101");
    for (const after of ["", "x", Buffer.from("2026 or so").toString("base64url")])
      expect(await listTexts(other.db, other.community.id, {}, { limit: 5, after })).toEqual({
        type: "bad-cursor",
      });
  });

  test("is counted by state, and another community's are not in it", async () => {
    const none = { queued: 0, sending: 0, sent: 0, delivered: 0, failed: 0, unknown: 0 };
    expect(await countTexts(other.db, other.community.id)).toEqual({ ...none, queued: 25 });
    expect(await countTexts(other.db, uuid())).toEqual(none);
    const until = new Date("2026-03-14T14:43:00Z");
    expect(await countTexts(other.db, other.community.id, { until })).toMatchObject({ queued: 4 });
  });
});
