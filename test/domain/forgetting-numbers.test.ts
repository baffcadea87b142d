import { sql } from "kysely";
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { overseer } from "../support/admin.ts";
import { eventually, openWorld, type World } from "../support/world.ts";

const mary = "Mary Atieno";
const lost = "+254711000170";
const other = "+254711000171";

// R28, R33.
describe("the numbers of a change of number", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  beforeEach(async () => {
    await world.db.deleteFrom("number_change").execute();
  });
  afterAll(() => world.close());

  const pass = async (days: number): Promise<void> => {
    world.clock.moveOn({ days });
    await world.service.forget();
  };
  /** What is due is done; the old number and the new one are told, so that there are so many texts. */
  const moves = async (texts: number): Promise<void> => {
    await world.service.doDue();
    await eventually(async () => {
      const rows = await world.db.selectFrom("message").select("state").execute();
      expect(rows.map(({ state }) => state)).toEqual(Array(texts).fill("delivered"));
    });
  };
  const kept = async (): Promise<readonly string[]> => {
    const rows = await world.db.selectFrom("number_change").select("new_phone").execute();
    return rows.map(({ new_phone }) => new_phone);
  };
  const asks = async (state: "asked" | "witnessed" | "cancelled", new_phone: string) => {
    const { community_id, id, phone } = await world.db
      .selectFrom("member")
      .select(["community_id", "id", "phone"])
      .where("name", "=", mary)
      .executeTakeFirstOrThrow();
    const witness = await world.db
      .selectFrom("member")
      .select("id")
      .where("name", "=", "Grace Akinyi")
      .executeTakeFirstOrThrow();
    const now = world.clock.now();
    await world.db
      .insertInto("number_change")
      .values({
        ...{ community_id, id: uuid(), once: uuid(), member_id: id, state, new_phone },
        old_phone: phone,
        asked_at: now,
        ...(state === "witnessed" && { witness_id: witness.id, due_at: now }),
        ended_at: state === "cancelled" ? now : null,
      })
      .execute();
  };

  test("are forgotten a month after it was stopped, or asked for and never witnessed", async () => {
    await asks("cancelled", lost);
    await asks("asked", other);
    await pass(29);
    expect(await kept()).toHaveLength(2);
    await pass(2);
    expect(await kept()).toEqual([]);
  });

  test("stay of one that waits for its day", async () => {
    await asks("witnessed", lost);
    await sql`update number_change set due_at = due_at + interval '1 year'`.execute(world.db);
    await pass(31);
    expect(await kept()).toEqual([lost]);
  });

  test("stay of one that was carried out while texts to the old number are kept, and go with them", async () => {
    const old = world.numberOf(mary);
    await asks("witnessed", lost);
    await moves(2);
    await pass(31);
    expect(await kept()).toEqual([lost]);
    await pass(60);
    expect(await kept()).toEqual([]);
    const { rows } = await sql<{ found: boolean }>`
      select exists (select from message where recipient <> '') as found
    `.execute(world.db);
    expect(rows).toEqual([{ found: false }]);

    const member = await world.db
      .selectFrom("member")
      .select("id")
      .where("name", "=", mary)
      .executeTakeFirstOrThrow();
    const exported = JSON.stringify(
      await overseer(world)
        .get(`/communities/kisumu-manyatta/members/${member.id}/export`)
        .gives(200),
    );
    expect(exported).toContain(lost);
    expect(exported).not.toContain(old);
    // What became of the texts is still theirs.
    expect((JSON.parse(exported) as { parts: { texts: unknown[] } }).parts.texts).toMatchObject([
      { text: "", recipient: "", state: "delivered", cost_currency: "KES" },
      { text: "", recipient: "", state: "delivered" },
    ]);
  });

  test("stay while STOP keeps the old number, so that an erasing finds it", async () => {
    const community = await world.db.selectFrom("community").select("id").executeTakeFirstOrThrow();
    await world.db
      .insertInto("opt_out")
      .values({
        community_id: community.id,
        phone: lost,
        source: "text",
        opted_out_at: world.clock.now(),
        noted_at: world.clock.now(),
      })
      .execute();
    await asks("witnessed", other);
    await moves(4);
    await pass(120);
    expect(await kept()).toEqual([other]);
    await world.db.deleteFrom("opt_out").execute();
    await world.service.forget();
    expect(await kept()).toEqual([]);
  });
});
