import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { acted, parts } from "../../src/domain/personal-data.ts";
import { overseer } from "../support/admin.ts";
import { eventually, openWorld, type World } from "../support/world.ts";

interface Exported {
  readonly parts: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly cut_off: readonly string[];
}

describe("what is held of one person", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test("is shown whole, without what opens anything, and its showing is in the audit log", async () => {
    const pin = world.pinOf("Achieng Otieno");
    const achieng = world.phoneOf("Achieng Otieno");
    await world.earned("Achieng Otieno", 40);
    await achieng.texts("CLAIM DUMP");
    await achieng.texts(`REDEEM SCHOOL ${pin}`);
    await achieng.receives(/code/i);
    await world.phoneOf("Wanjiku Kamau").texts("CLAIM DUMP");
    const { id } = await world.db
      .selectFrom("member")
      .select("id")
      .where("name", "=", "Achieng Otieno")
      .executeTakeFirstOrThrow();
    const url = `/communities/kisumu-manyatta/members/${id}/export`;
    const found = (await overseer(world).get(url).gives(200, { cut_off: [] })) as Exported;

    expect(found.parts).toMatchObject({
      member: [{ id, name: "Achieng Otieno", roles: ["member"] }],
      claims: [{ state: "waiting" }],
      redemptions: [{ state: "requested", amount: 20 }],
      book: [{ seq: 1, amount: 40, kind: "earning", balance_after: 40 }],
      holds: [{ amount: 20 }],
      texts_from: [{ text: "CLAIM DUMP" }, { text: "REDEEM SCHOOL ****" }],
      audit: [],
    });
    expect(found.parts["texts"]?.length).toBeGreaterThan(1);
    const told = JSON.stringify(found);
    expect(told).not.toMatch(/argon2|Wanjiku|digest|sealed/);
    const again = (await overseer(world).get(url).gives(200)) as Exported;
    expect(again.parts["audit"]).toMatchObject([{ act: "member.exported", actor: /./ }]);
    await overseer(world).get(url.replace(id, "0198b2a0-0000-7000-8000-000000000000")).gives(404);
  });

  test("a manager's export holds what they did, and nobody else's data", async () => {
    const { id } = await world.db
      .selectFrom("member")
      .select("id")
      .where("name", "=", "Grace Akinyi")
      .executeTakeFirstOrThrow();
    await world
      .phoneOf("Grace Akinyi")
      .texts(`ENROL 0711000188 Zawadi Mumo ${world.pinOf("Grace Akinyi")}`);
    await eventually(() => world.phoneOf("+254711000188").receives(/SoCC/));
    const url = `/communities/kisumu-manyatta/members/${id}/export`;
    const found = (await overseer(world).get(url).gives(200)) as Exported;
    expect(found.parts["acts"]).toMatchObject([{ act: "member.enrolled" }]);
    expect(JSON.stringify(found.parts["acts"])).not.toContain("Zawadi");
  });

  // A new table about people: name it in src/domain/personal-data.ts, and think of its erasure.
  test("every column that holds a person's id is exported, or said to be another's data", async () => {
    const { rows } = await sql<{ column: string }>`
      select format('%s.%s', c.conrelid::regclass, a.attname) as column
      from pg_constraint as c
      join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = c.conkey[2]
      where c.contype = 'f' and c.confrelid in ('member'::regclass, 'vendor'::regclass)
      order by 1
    `.execute(world.db);
    const known = [...parts.map(({ table, by }) => `${table}.${by}`), ...acted];
    expect(rows.length).toBeGreaterThan(15);
    expect(rows.map(({ column }) => column).filter((column) => !known.includes(column))).toEqual(
      [],
    );
  });
});
