import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inTransaction } from "../../src/db/transaction.ts";
import { communityBySlug } from "../../src/domain/communities.ts";
import { erasePerson, type Erased } from "../../src/domain/erasing.ts";
import { writeTexts } from "../../src/outbox/outbox.ts";
import { overseer } from "../support/admin.ts";
import { openPool } from "../support/database.ts";
import { query } from "../support/servers.ts";
import { eventually, openWorld, type World } from "../support/world.ts";

const members = "/communities/kisumu-manyatta/members";

/** Every value of every column of every table, the queue's too. */
async function everyValue(url: string): Promise<string> {
  const db = openPool(url, 1);
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') and tablename not like 'kysely%'
  `.execute(db);
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql<{ row: string }>`
      select t::text as row from ${sql.raw(name)} as t
    `.execute(db);
    texts.push(...rows.map(({ row }) => `${name} ${row}`));
  }
  await db.destroy();
  return texts.join("\n");
}

describe("a person is erased", () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(() => world.close());

  const idOf = async (name: string): Promise<string> => {
    const { id } = await world.db
      .selectFrom("member")
      .select("id")
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    return id;
  };
  const erase = async (name: string, forfeit = false): Promise<Erased> => {
    const id = await idOf(name);
    return await inTransaction(world.db, async (trx) => {
      const community = (await communityBySlug(trx, "kisumu-manyatta"))!;
      const pepper = Buffer.from(world.parts.pin_pepper);
      const at = { trx, community, pepper, now: world.clock.now(), actor: "service" };
      return await erasePerson(at, { id, forfeit });
    });
  };
  const whyNot = async (name: string, forfeit = false): Promise<readonly string[]> => {
    const erased = await erase(name, forfeit);
    return erased.type === "blocked" ? erased.by.map(({ why }) => why) : [erased.type];
  };
  const untilSent = () =>
    eventually(async () => {
      const rows = await world.db
        .selectFrom("message")
        .select("id")
        .where("state", "in", ["queued", "sending"])
        .execute();
      expect(rows).toEqual([]);
    });

  /** Achieng has lived: claimed, sent, disputed, texted, stopped, moved in a menu change's note. */
  const live = async (): Promise<void> => {
    const achieng = world.phoneOf("Achieng Otieno");
    const grace = world.phoneOf("Grace Akinyi");
    const pin = world.pinOf("Achieng Otieno");
    await world.earned("Achieng Otieno", 30);
    await achieng.texts("CLAIM DUMP");
    const [, code = ""] = await grace.receives(/Reply OK (\w{4})/);
    await grace.texts(`NO ${code} achieng otieno was away ${world.pinOf("Grace Akinyi")}`);
    await achieng.texts(`SEND ${world.numberOf("Grace Akinyi")} 5 ${pin}`);
    const [, word = ""] = await achieng.receives(/SEND ([A-Z]\w{3})\b/);
    await achieng.texts(`SEND ${word}`);
    const [, receipt = ""] = await achieng.receives(/^(S\w{7}) /);
    await achieng.texts(`DISPUTE ${receipt} I, Achieng Otieno, never sent it`);
    await grace.texts("who is Achieng Otieno");
    await achieng.texts("STOP");
    await world.db
      .updateTable("dispute")
      .set({ state: "declined", ended_at: new Date() })
      .execute();
    await overseer(world)
      .patch(`${members}/${await idOf("Achieng Otieno")}`, { name: "Achieng O'Tieno (Mrs.)" })
      .gives(200);
    await overseer(world)
      .patch(`${members}/${await idOf("Achieng O'Tieno (Mrs.)")}`, { name: "Achieng Otieno" })
      .gives(200);
    await overseer(world)
      .post("/communities/kisumu-manyatta/menus/changes", {
        note: "Talked over with Achieng Otieno on Sunday.",
        retire_deeds: ["DUMP"],
      })
      .gives(201);
    await grace.dials().presses("4", "0711000101", "1").sees("to Achieng Otieno");
    await untilSent();
  };

  test("wholly: neither name nor number stands anywhere, and the books agree", async () => {
    await live();
    const phone = world.numberOf("Achieng Otieno").slice(1);
    const id = await idOf("Achieng Otieno");
    const before = await everyValue(world.database_url);
    expect(before).toContain(phone);
    const naming = before.split("\n").filter((row) => /achieng/i.test(row));
    expect([...new Set(naming.map((row) => row.split(" ")[0]))].sort()).toEqual([
      ...["public.audit_event", "public.claim", "public.dispute", "public.inbound_message"],
      ...["public.member", "public.menu_change", "public.message", "public.ussd_session"],
    ]);
    const books = await world.verifyBooks();

    expect(await whyNot("Achieng Otieno")).toEqual(["balance"]);
    const erased = await erase("Achieng Otieno", true);
    expect(erased).toMatchObject({ type: "erased", forfeited: { amount: 25 } });

    const after = await everyValue(world.database_url);
    expect(after.split("\n").filter((row) => row.includes(phone))).toEqual([]);
    expect(after.split("\n").filter((row) => /achieng|O'Tieno/i.test(row))).toEqual([]);
    expect(after).toContain(id);
    const now = await world.verifyBooks();
    expect(now).toMatchObject({ ok: true, journals: books.journals + 1 });
    await overseer(world)
      .get("/communities/kisumu-manyatta/reports/summary")
      .gives(200, { isoccs: { earned: 30, settled: 25, outstanding: 5 } });
    await overseer(world)
      .get(`${members}/${id}`)
      .gives(200, { name: "former member", phone: "", status: "closed", balance: 0 });
    expect(await whyNot("former member")).toEqual(["erased-before"]);
  });

  test("and the number is enrolled again as somebody new", async () => {
    await live();
    const id = await idOf("Achieng Otieno");
    const phone = world.numberOf("Achieng Otieno");
    await erase("Achieng Otieno", true);
    await overseer(world)
      .patch(`${members}/${id}`, { status: "active" })
      .gives(409, { title: "This member was erased" });
    const person = { name: "Achieng Otieno", phone, language: "en" };
    const again = (await overseer(world).post(members, person).gives(201, { balance: 0 })) as {
      id: string;
    };
    expect(again.id).not.toBe(id);
    await world
      .phoneOf(phone)
      .dials()
      .sees(/English/);
  });

  test("but not before what is theirs is finished, each told in words", async () => {
    const pin = world.pinOf("Achieng Otieno");
    await world.earned("Achieng Otieno", 40);
    await world.phoneOf("Achieng Otieno").texts("CLAIM DUMP");
    await world.phoneOf("Achieng Otieno").texts(`REDEEM SCHOOL ${pin}`);
    await untilSent();
    expect(await whyNot("Achieng Otieno", true)).toEqual(["held", "claims", "redemptions"]);
    expect(await whyNot("Mama Njeri Shop")).toEqual(["orders"]);
    await overseer(world)
      .post(`${members}/${await idOf("Achieng Otieno")}/erase`, { forfeit: true })
      .gives(409, {
        title: "This member cannot be erased yet",
        detail: expect.stringMatching(/1 of their claims wait.*; 1 of their orders wait/) as string,
      });
  });

  test("nor the last manager, nor the guardian of somebody", async () => {
    const managers = await world.db
      .selectFrom("member")
      .select("name")
      .where(sql<boolean>`'manager' = any (roles)`)
      .execute();
    const names = managers.map(({ name }) => name);
    for (const name of names.slice(1)) expect((await erase(name)).type).toBe("erased");
    expect(await whyNot(names[0]!)).toEqual(["last-manager"]);
    const guardian_id = await idOf("Achieng Otieno");
    const child = { name: "Adhiambo", language: "luo", phone: world.numberOf("Achieng Otieno") };
    await overseer(world)
      .post(members, { ...child, guardian_id })
      .gives(201);
    await untilSent();
    expect(await whyNot("Achieng Otieno")).toEqual(["guardian"]);
  });

  test("who shares a phone leaves the other what is the phone's", async () => {
    const guardian_id = await idOf("Achieng Otieno");
    const phone = world.numberOf("Achieng Otieno");
    await overseer(world)
      .post(members, { name: "Adhiambo", language: "luo", phone, guardian_id })
      .gives(201);
    await world.phoneOf("Achieng Otieno").texts("STOP");
    await untilSent();
    expect((await erase("Adhiambo")).type).toBe("erased");
    const after = await everyValue(world.database_url);
    expect(after).not.toContain("Adhiambo");
    const stopped = await world.db.selectFrom("opt_out").select("phone").execute();
    expect(stopped).toEqual([{ phone }]);
    await world.phoneOf("Achieng Otieno").dials().sees(/SoCC/);
  });

  test("and the audit log still refuses every other change, to its owner too", async () => {
    await overseer(world)
      .patch(`${members}/${await idOf("Achieng Otieno")}`, { name: "Achieng" })
      .gives(200);
    const named = "select set_config('soccs.erased_name', 'Achieng', true);";
    for (const change of [
      "update audit_event set after = '{}'",
      `${named} update audit_event set after = '{}'`,
      `${named} update audit_event set actor = 'nobody', after = without_name(after, 'Achieng')`,
      `${named} delete from audit_event`,
    ])
      await expect(query(world.database_url, change)).rejects.toThrow("append-only");
    await query(
      world.database_url,
      `${named} update audit_event set before = without_name(before, 'Achieng'),
        after = without_name(after, 'Achieng')`,
    );
    const told = await world.db
      .selectFrom("audit_event")
      .select("after")
      .where("act", "!=", "community.founded")
      .execute();
    expect(told).toEqual([{ after: { name: "former member" } }]);
  });

  test("a text that still waits for the gateway is not sent to them any more", async () => {
    const { community_id, id: member_id } = await world.db
      .selectFrom("member")
      .select(["community_id", "id"])
      .where("name", "=", "Achieng Otieno")
      .executeTakeFirstOrThrow();
    const recipient = world.numberOf("Achieng Otieno");
    const later = new Date(world.clock.now().getTime() + 3_600_000);
    const text = { recipient, member_id, purpose: "reminder", text: "Soon.", segments: 1 } as const;
    await inTransaction(world.db, (trx) => writeTexts(trx, community_id, later, [text]));
    expect((await erase("Achieng Otieno")).type).toBe("erased");
    const [kept] = await world.db
      .selectFrom("message")
      .select(["state", "reason", "text", "recipient"])
      .where("member_id", "=", member_id)
      .execute();
    const reason = "the member was erased";
    expect(kept).toEqual({ state: "failed", reason, text: "", recipient: "" });
    await world.timePasses({ days: 1 });
    expect(world.phoneOf(recipient).inbox()).toEqual([]);
  });
});
