import { sql } from "kysely";
import { afterEach, describe, expect, test } from "vitest";
import { compose, type Parts, type Service } from "../../src/compose/service.ts";
import type { TextKey } from "../../src/outbox/sending.ts";
import { openPool } from "../support/database.ts";
import { openKisumu, type Kisumu } from "../support/kisumu.ts";
import { keepLogs } from "../support/logs.ts";
import { addCommunities, addDueMoves } from "../support/many-communities.ts";
import { writeText } from "../support/outbox.ts";
import { callback_secret, eventually } from "../support/world.ts";

describe("what falls due", () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  const openTown = async (): Promise<Kisumu> => {
    const kisumu = await openKisumu();
    closing.push(kisumu.close);
    return kisumu;
  };
  const start = (kisumu: Kisumu, role: Parts["role"]): Promise<Service> =>
    compose({
      host: "127.0.0.1",
      port: 0,
      role,
      database_url: kisumu.database_url,
      connections_max: 6,
      queue: { kind: "postgres", url: kisumu.database_url },
      africas_talking: undefined,
      callback_secret,
      pin_pepper: kisumu.pepper.toString(),
      admin_key: undefined,
      demo: [],
      now: kisumu.clock.now,
      log: keepLogs().log,
    });
  const undone = async ({ db }: Kisumu): Promise<number> => {
    const rows = await db
      .selectFrom("number_change")
      .select("id")
      .where("state", "=", "witnessed")
      .execute();
    return rows.length;
  };
  const isHandedOver = async ({ db, clock }: Kisumu, { id }: TextKey): Promise<boolean> => {
    const { due_at } = await db
      .selectFrom("message")
      .select("due_at")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    return due_at !== null && due_at > clock.now();
  };

  test.for(["worker", "all"] as const)(
    "is done by a process of role %s, and not by one that only answers",
    async (role) => {
      const kisumu = await openTown();
      await addDueMoves(kisumu.db, kisumu.clock.now());
      const web = await start(kisumu, "web");
      closing.push(web.close);
      // It goes on handing texts to the queue.
      const text = await writeText(kisumu);
      await eventually(async () => expect(await isHandedOver(kisumu, text)).toBe(true));
      expect(await undone(kisumu)).toBe(1);
      const working = await start(kisumu, role);
      closing.push(working.close);
      await eventually(async () => expect(await undone(kisumu)).toBe(0));
    },
  );

  test("is left to the next process by one that is stopped in the middle of it", async () => {
    const kisumu = await openTown();
    await addCommunities(kisumu.db, 40);
    await addDueMoves(kisumu.db, kisumu.clock.now());
    const other = openPool(kisumu.database_url, 1);
    closing.push(() => other.destroy());
    const holding = await other.startTransaction().execute();
    await holding.selectFrom("number_change").select("id").forUpdate().execute();
    const working = await start(kisumu, "worker");
    await eventually(async () => {
      const { rows } = await sql`
        select from pg_locks join pg_stat_activity using (pid)
        where datname = current_database() and not granted
      `.execute(kisumu.db);
      expect(rows).not.toEqual([]);
    });
    const closed = working.close();
    await holding.commit().execute();
    await closed;
    // The one that was in hand was done.
    expect(await undone(kisumu)).toBe(40);
    const next = await start(kisumu, "worker");
    closing.push(next.close);
    await eventually(async () => expect(await undone(kisumu)).toBe(0));
  });
});
