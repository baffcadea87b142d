import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { forgetAll } from "../../src/worker/retention.ts";
import { overseer } from "../support/admin.ts";
import { never } from "../support/never.ts";
import { eventually, openWorld, type World } from "../support/world.ts";

const one = "/communities/kisumu-manyatta";

describe("what was said is not kept for ever", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const pass = async (days: number): Promise<void> => {
    world.clock.moveOn({ days });
    await world.service.forget();
  };
  const texts = () =>
    world.db
      .selectFrom("message")
      .select(["text", "state", "segments", "recipient", "member_id"])
      .orderBy("id")
      .execute();
  const counts = async () => ({
    inbound: (await world.db.selectFrom("inbound_message").select("gateway_id").execute()).length,
    reports: (await world.db.selectFrom("delivery_report").select("status").execute()).length,
    sessions: (await world.db.selectFrom("ussd_session").select("id").execute()).length,
    answers: (await world.db.selectFrom("kept_answer").select("name").execute()).length,
    sends: (await world.db.selectFrom("pending_send").select("id").execute()).length,
    requests: (await world.db.selectFrom("join_request").select("id").execute()).length,
  });

  test("each kind goes in its time, and the audit log stays", async () => {
    const [achieng, grace] = [world.phoneOf("Achieng Otieno"), world.phoneOf("Grace Akinyi")];
    const stranger = world.phoneOf("+254711000177");
    await world.earned("Achieng Otieno", 10);
    await achieng.texts("BAL");
    await achieng.texts(
      `SEND ${world.numberOf("Grace Akinyi")} 5 ${world.pinOf("Achieng Otieno")}`,
    );
    await achieng.dials();
    await stranger.texts("JOIN Zawadi Mumo");
    await stranger.receives(/./);
    await grace.texts(`ENROL ..177 Zawadi Mumo ${world.pinOf("Grace Akinyi")}`);
    await overseer(world)
      .post(
        `${one}/members`,
        { name: "Amina", phone: "+254711000199", language: "en" },
        {
          "idempotency-key": "amina",
        },
      )
      .gives(201);
    await eventually(async () => {
      const states = (await texts()).map(({ state }) => state);
      expect(new Set(states)).toEqual(new Set(["delivered"]));
    });
    const before = await texts();
    const { reports } = await counts();
    expect(await counts()).toMatchObject({
      inbound: 4,
      sessions: 1,
      answers: 1,
      sends: 1,
      requests: 1,
    });
    expect(reports).toBeGreaterThan(4);

    await pass(2);
    expect(await counts()).toEqual({
      ...{ inbound: 4, reports, sessions: 0, answers: 0, sends: 0, requests: 1 },
    });
    await pass(29);
    expect(await counts()).toMatchObject({ inbound: 4, reports, requests: 0 });
    expect(await texts()).toEqual(before);

    await pass(60);
    expect(await counts()).toMatchObject({ inbound: 0, reports: 0 });
    expect(before.map(({ member_id }) => member_id)).toContain(null);
    expect(await texts()).toEqual(
      before.map((text) => ({
        ...text,
        text: "",
        recipient: "",
      })),
    );
    const audited = await world.db.selectFrom("audit_event").select("act").execute();
    expect(audited.map(({ act }) => act)).toContain("member.enrolled");
  });

  test("an emptied text is shown without words, and not sent again", async () => {
    await world.db.updateTable("message").set({ state: "failed" }).execute();
    const { items } = (await overseer(world).get(`${one}/messages`).gives(200)) as {
      items: readonly { id: string; text: string }[];
    };
    expect(items[0]).toMatchObject({ text: "" });
    await overseer(world)
      .post(`${one}/messages/${items[0]!.id}/resend`)
      .gives(409, { detail: "What it said is kept no longer." });
  });

  test("two processes at the same moment forget each once, and a fault stops only its own kind", async () => {
    await world.phoneOf("Achieng Otieno").texts("BAL");
    world.clock.moveOn({ days: 91 });
    await Promise.all([world.service.forget(), world.service.forget()]);
    expect((await counts()).inbound).toBe(0);
    const done: string[] = [];
    const fails = (): Promise<number> => Promise.reject(new Error("no"));
    const works = [fails, () => Promise.resolve(done.push("second") > 3 ? 0 : 1)];
    await expect(forgetAll(works, never)).rejects.toThrow(AggregateError);
    expect(done).toHaveLength(4);
  });

  test("a command whose word never came is forgotten", async () => {
    await world.db.updateTable("community").set({ text_proof: "word" }).execute();
    await world.phoneOf("Achieng Otieno").texts(`SEND ${world.numberOf("Grace Akinyi")} 1 Achieng`);
    await world.phoneOf("Achieng Otieno").receives(/To do it, answer/);
    const waiting = () => world.db.selectFrom("waiting_command").select("id").execute();
    await world.service.forget();
    expect(await waiting()).toHaveLength(1);
    world.clock.moveOn({ minutes: 11 });
    await world.service.forget();
    expect(await waiting()).toHaveLength(0);
  });
});
