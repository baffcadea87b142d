import type { Kysely } from "kysely";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDatabase } from "../../src/db/database.ts";
import type { DB } from "../../src/db/types.ts";
import { sealBooks } from "../../src/domain/books.ts";
import { doWhatIsDue } from "../../src/domain/due.ts";
import { applyDueChanges } from "../../src/domain/menu-apply.ts";
import { noteOptOuts } from "../../src/domain/opt-out.ts";
import { post } from "../../src/ledger/post.ts";
import { unsealedCommunities } from "../../src/ledger/seal.ts";
import { watchPool } from "../../src/metrics/pool.ts";
import { openKisumu, type Kisumu } from "../support/kisumu.ts";
import { autocommit, earning } from "../support/ledger.ts";
import { addCommunities, addDueMoves } from "../support/many-communities.ts";
import { never } from "../support/never.ts";
import { eventually } from "../support/world.ts";

describe("three hundred communities beside Kisumu", () => {
  let kisumu: Kisumu;
  /** A pool that counts. */
  let db: Kysely<DB>;
  const registry = new Registry();
  beforeAll(async () => {
    kisumu = await openKisumu();
    db = openDatabase({
      url: kisumu.database_url,
      connections_max: 1,
      statement_timeout_ms: 5_000,
      onIdleError: () => undefined,
      watch: (pool) => watchPool(registry, pool),
    });
  });
  afterAll(async () => {
    await db.destroy();
    await kisumu.close();
  });

  const say = () => ({ text: "moved", segments: 1 });
  const of = (stop: AbortSignal, now = kisumu.clock.now) => ({
    say,
    pepper: kisumu.pepper,
    now,
    stop,
  });
  const statements = async (): Promise<number> => {
    const found = await registry.getSingleMetric("soccs_sql_statements_total")?.get();
    return found?.values[0]?.value ?? 0;
  };
  /** Statements of everything that is done again and again. */
  const idlePass = async (): Promise<number> => {
    const before = await statements();
    await doWhatIsDue(db, of(never));
    await sealBooks(db, never);
    await applyDueChanges(db, kisumu.clock.now(), never);
    await noteOptOuts(db, of(never));
    return (await statements()) - before;
  };

  test("cost no more than one while nothing is due", async () => {
    const { achieng, community } = kisumu;
    await post(autocommit(db), community.id, [earning(achieng.id, 10)]);
    await eventually(async () => {
      await sealBooks(db, never);
      expect(await unsealedCommunities(db)).toEqual([]);
    });
    const alone = await idlePass();
    await addCommunities(db, 300);
    expect(await idlePass()).toBe(alone);
    expect(alone).toBeLessThan(10);
  });

  test("have those sealed that recorded something, and no others asked", async () => {
    const { achieng, community } = kisumu;
    await post(autocommit(db), community.id, [earning(achieng.id, 5)]);
    expect(await unsealedCommunities(db)).toEqual([community.id]);
    await eventually(async () => {
      await sealBooks(db, never);
      expect(await unsealedCommunities(db)).toEqual([]);
    });
    const seals = await db.selectFrom("ledger.seal").select("journals").execute();
    expect(seals.reduce((sum, { journals }) => sum + journals, 0)).toBe(2);
  });

  test("are done one after the other until it is to stop; the rest comes next time, each once", async () => {
    await addDueMoves(db, kisumu.clock.now());
    const moved = async (): Promise<number> => {
      const rows = await db
        .selectFrom("member")
        .select("id")
        .where("phone", "=", "+254711000990")
        .where("name", "=", "Achieng Otieno")
        .execute();
      return rows.length;
    };
    const stopping = new AbortController();
    let looked = 0;
    const tired = (): Date => {
      looked += 1;
      if (looked === 20) stopping.abort();
      return kisumu.clock.now();
    };
    await doWhatIsDue(db, of(stopping.signal, tired));
    expect(await moved()).toBeGreaterThan(0);
    expect(await moved()).toBeLessThan(20);
    await Promise.all([doWhatIsDue(kisumu.db, of(never)), doWhatIsDue(kisumu.db, of(never))]);
    expect(await moved()).toBe(301);
    const told = await db.selectFrom("message").select("id").execute();
    // The old number and the new one.
    expect(told).toHaveLength(2 * 301);
  });
});
