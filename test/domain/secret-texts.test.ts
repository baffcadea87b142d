import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "../../src/db/transaction.ts";
import { notify } from "../../src/domain/notify.ts";
import { sealingKey, type SealingKey } from "../../src/outbox/seal.ts";
import type { TextKey } from "../../src/outbox/sending.ts";
import { wipeSealed } from "../../src/outbox/sweep.ts";
import { fill } from "../../src/words/words.ts";
import { segmentsOf } from "../../src/words/measure.ts";
import { accepted, gatewayThatAnswers, type FakeGateway } from "../support/fake-gateway.ts";
import { openKisumu, type Kisumu } from "../support/kisumu.ts";
import { reported, sendWith } from "../support/outbox.ts";

let kisumu: Kisumu;
beforeAll(async () => {
  kisumu = await openKisumu();
});
afterAll(() => kisumu.close());

const template = "Solar light. Show code {code}; say {key} only when you have it. {name}";
const say = (_language: string, _texts: readonly string[], fields: Record<string, string>) => {
  const text = fill(template, fields);
  return { text, segments: segmentsOf(text) };
};

/** Achieng is told a redemption's code and handover key. */
async function tellTheCode(fields: { code: string; key: string; name: string }): Promise<TextKey> {
  const { db, clock, community, pepper, achieng } = kisumu;
  const before = await db.selectFrom("message").select("id").execute();
  await inTransaction(db, (trx) =>
    notify({ trx, community, now: clock.now(), pepper, say: say as never }, [
      { to: achieng, purpose: "receipt", text: "any", fields, secrets: ["code", "key"] },
    ]),
  );
  const after = await db.selectFrom("message").select(["community_id", "id"]).execute();
  const added = after.find(({ id }) => !before.some((old) => old.id === id));
  if (added === undefined) throw new Error("no text was written");
  return added;
}

const stored = ({ id }: TextKey) =>
  kisumu.db.selectFrom("message").selectAll().where("id", "=", id).executeTakeFirstOrThrow();

const send = (text: TextKey, gateway: FakeGateway, sealing_key: SealingKey = ours()) =>
  sendWith(kisumu, gateway, text, sealing_key);

const ours = (): SealingKey => sealingKey(kisumu.pepper);
const fields = { code: "7Q2KX", key: "58203", name: "Achieng" };
const whole = "Solar light. Show code 7Q2KX; say 58203 only when you have it. Achieng";

describe("a text that holds a code and a key", () => {
  test("shows whoever reads the database neither, and the member both", async () => {
    const text = await tellTheCode(fields);
    expect((await stored(text)).text).toBe(
      "Solar light. Show code ****; say **** only when you have it. Achieng",
    );
    const { rows } = await sql<{ all: string }>`
      select string_agg(to_jsonb(m)::text || encode(coalesce(sealed, ''), 'escape'), '') as all
      from message as m
    `.execute(kisumu.db);
    for (const secret of ["7Q2KX", "58203"]) expect(rows[0]?.all).not.toContain(secret);

    const gateway = gatewayThatAnswers(accepted("ATXid_code"));
    await send(text, gateway);
    expect(gateway.given).toEqual([{ to: "+254711000101", text: whole }]);
  });

  test("is gone from the database once it is delivered, or has failed", async () => {
    const [delivered, refused] = [await tellTheCode(fields), await tellTheCode(fields)];
    await send(delivered, gatewayThatAnswers(accepted("ATXid_wiped")));
    expect((await stored(delivered)).sealed).not.toBeNull();
    await reported(kisumu, "ATXid_wiped", "Success");
    expect(await stored(delivered)).toMatchObject({ state: "delivered", sealed: null });
    await send(refused, gatewayThatAnswers({ type: "refused", reason: "403" }));
    expect(await stored(refused)).toMatchObject({ state: "failed", sealed: null });
  });

  test("is gone after a week in which no report came", async () => {
    const text = await tellTheCode(fields);
    await send(text, gatewayThatAnswers(accepted("ATXid_silent")));
    kisumu.clock.moveOn({ days: 7 });
    await wipeSealed(kisumu.db, kisumu.clock.now());
    expect((await stored(text)).sealed).not.toBeNull();
    kisumu.clock.moveOn({ seconds: 1 });
    await wipeSealed(kisumu.db, kisumu.clock.now());
    expect(await stored(text)).toMatchObject({ state: "sent", sealed: null });
  });

  test("is charged for by its true length", async () => {
    const name = "A".repeat(160 - whole.length + "Achieng".length);
    expect((await stored(await tellTheCode({ ...fields, name }))).segments).toBe(1);
    expect((await stored(await tellTheCode({ ...fields, name: `${name}A` }))).segments).toBe(2);
  });

  test("goes to no other phone, though its number was changed in the database", async () => {
    const text = await tellTheCode(fields);
    const thief = { recipient: "+254799000999" };
    await kisumu.db.updateTable("message").set(thief).where("id", "=", text.id).execute();
    const gateway = gatewayThatAnswers();
    await send(text, gateway);
    expect(gateway.given).toEqual([]);
    expect(await stored(text)).toMatchObject({
      state: "queued",
      reason: "its seal does not open",
    });
  });

  test("is not opened under another pepper, and waits for the right one", async () => {
    const text = await tellTheCode(fields);
    const other = sealingKey(Buffer.from("another-pepper-altogether"));
    await send(text, gatewayThatAnswers(), other);
    const gateway = gatewayThatAnswers(accepted("ATXid_right_pepper"));
    await send(text, gateway);
    expect(gateway.given).toMatchObject([{ text: whole }]);
  });
});
