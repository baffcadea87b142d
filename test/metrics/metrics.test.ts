import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { cached } from "../../src/metrics/cached.ts";
import { query } from "../support/servers.ts";
import { eventually, openWorld, type World } from "../support/world.ts";

describe("before anybody has called", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test.each(["deploy/grafana/soccs.json", "deploy/prometheus/alerts.yml"])(
    "has all that %s asks for",
    async (path) => {
      const { body } = await world.service.app.inject("/metrics");
      const there = new Set([...body.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name));
      const text = readFileSync(join(import.meta.dirname, "../..", path), "utf8");
      const asked = [...text.matchAll(/\b((?:soccs|nodejs|process)_[a-z_0-9]+)\b/g)].map(
        ([, name = ""]) => name.replace(/_(?:count|bucket|sum)$/, ""),
      );
      expect(new Set(asked).size).toBeGreaterThan(5);
      expect(asked.filter((name) => !there.has(name))).toEqual([]);
    },
  );
});

describe("/metrics", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const scrape = async (): Promise<string> => {
    const { statusCode, body, headers } = await world.service.app.inject("/metrics");
    expect(statusCode).toBe(200);
    expect(headers["content-type"]).toMatch(/^text\/plain/);
    return body;
  };
  /** The value of a series; undefined where there is none. */
  const valueOf = (body: string, series: string): number | undefined => {
    const line = body.split("\n").find((each) => each.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
  const shows = (series: string, value: number): Promise<void> =>
    eventually(async () => expect(valueOf(await scrape(), series)).toBe(value));

  test("tells of turns by flow and outcome, of postings, and of texts and what they cost", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    const grace = world.phoneOf("Grace Akinyi");
    await achieng.dials().presses("2", "3", "1").ends("Claim");
    const [, code = ""] = await grace.receives(/OK (\w{4})/);
    await grace.texts(`OK ${code} 4826`);
    await achieng.receives(/Confirmed/);

    await shows('soccs_turn_seconds_count{flow="claim",outcome="asked"}', 2);
    await shows('soccs_turn_seconds_count{flow="claim",outcome="ended"}', 1);
    await shows('soccs_inbound_text_seconds_count{command="ok",outcome="answered"}', 1);
    await shows('soccs_ledger_calls_total{call="post"}', 1);
    // To two managers, the answer to one of them, and the receipt.
    await shows('soccs_texts_total{state="sent"}', 4);
    await shows('soccs_texts_total{state="delivered"}', 4);
    const { rows } = await segments();
    await shows('soccs_text_segments_total{state="sent"}', rows);
    // The simulator takes KES 0.80 for each.
    await shows('soccs_text_cost_total{currency="KES"}', 3.2);
    const body = await scrape();
    const trips = valueOf(body, "soccs_sql_round_trips_total") ?? 0;
    expect(trips).toBeGreaterThan(10);
    expect(valueOf(body, "soccs_sql_statements_total")).toBeGreaterThan(trips);
    expect(valueOf(body, "soccs_gateway_closed")).toBe(0);
    expect(valueOf(body, 'soccs_pool_connections{state="idle"}')).toBeGreaterThan(0);
    expect(valueOf(body, "nodejs_eventloop_lag_seconds")).toBeDefined();
    expect(valueOf(body, "process_resident_memory_bytes")).toBeGreaterThan(0);
  });

  const segments = async () => {
    const texts = await world.db.selectFrom("message").select("segments").execute();
    return { rows: texts.reduce((sum, text) => sum + text.segments, 0) };
  };

  test("tells of PINs that are shut, and of texts that wait and since when", async () => {
    const grace = world.phoneOf("Grace Akinyi");
    await world.phoneOf("Achieng Otieno").dials().presses("2", "3", "1").ends("Claim");
    await grace.dials().presses("8", "1", "1", "0000", "0000", "0000").ends("PIN");
    // Held back by their time, as those that a gateway would not take.
    const { id: community_id } = await world.db
      .selectFrom("community")
      .select("id")
      .executeTakeFirstOrThrow();
    const wait = 90_000;
    const now = world.clock.now();
    await world.db
      .insertInto("message")
      .values({
        community_id,
        id: "01890000-0000-7000-8000-000000000001",
        recipient: "+254711000101",
        purpose: "reminder",
        text: "Later.",
        segments: 1,
        created_at: new Date(now.getTime() - wait),
        updated_at: now,
        due_at: new Date(now.getTime() + 3_600_000),
      })
      .execute();
    await shows("soccs_pins_locked", 1);
    await shows("soccs_pins_blocked", 0);
    await shows("soccs_texts_queued", 1);
    await shows("soccs_texts_oldest_seconds", wait / 1000);
  });

  test("names nobody: every label is a word of the code, or a currency", async () => {
    await world.phoneOf("+254799000999").dials("*384*9999#").ends("not in use");
    const body = await scrape();
    const labels = [...body.matchAll(/^soccs_\w+\{([^}]*)\}/gm)].map(([, found = ""]) => found);
    const values = labels.flatMap((label) => [...label.matchAll(/(\w+)="([^"]*)"/g)]);
    for (const [, name = "", value = ""] of values)
      if (name !== "le")
        expect(value).toMatch(name === "currency" ? /^[A-Z]{3}$/ : /^[a-z][a-z-]*$/);
    // A count or a time may well be 254; what is counted may not name a number.
    const words = body.replaceAll(/ \S+$/gm, (end) => (Number.isNaN(Number(end)) ? end : ""));
    for (const word of ["Achieng", "kisumu", "254", "384"]) expect(words).not.toContain(word);
    // Few enough for the smallest Prometheus.
    expect(body.split("\n").length).toBeLessThan(1_000);
  });

  test("comes whole and in time while the database is away: what it cannot tell is left out", async () => {
    const name = new URL(world.database_url).pathname.slice(1);
    const server = inject("postgres_url");
    await query(server, `alter database ${name} allow_connections false`);
    await query(
      server,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    );
    try {
      await eventually(async () => {
        const began = performance.now();
        const body = await scrape();
        expect(performance.now() - began).toBeLessThan(2_000);
        expect(valueOf(body, "soccs_texts_queued")).toBeUndefined();
        expect(valueOf(body, 'soccs_readings_failed_total{reading="database"}')).toBeGreaterThan(0);
        expect(valueOf(body, 'soccs_turn_seconds_count{flow="claim",outcome="ended"}')).toBe(2);
      });
    } finally {
      await query(server, `alter database ${name} allow_connections true`);
    }
    await shows("soccs_texts_queued", 1);
  });
});

describe("a reading", () => {
  const kept = { keep_ms: 60_000, wait_ms: 5_000, onError: () => undefined };

  test("is read once for all who ask at once, and is good for a while", async () => {
    let reads = 0;
    const read = cached(() => Promise.resolve((reads += 1)), kept);
    expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1]);
    expect(await read()).toBe(1);
    expect(await cached(() => Promise.resolve((reads += 1)), { ...kept, keep_ms: 0 })()).toBe(2);
  });

  test("that fails is told of once, and is nothing until it is tried again", async () => {
    const errors: unknown[] = [];
    const read = cached<number>(() => Promise.reject(new Error("away")), {
      ...kept,
      onError: (error) => {
        errors.push(error);
      },
    });
    expect([await read(), await read()]).toEqual([undefined, undefined]);
    expect(errors).toHaveLength(1);
  });

  test("that hangs keeps nobody for longer than it may, and is not begun again", async () => {
    let reads = 0;
    const hangs = (): Promise<number> => {
      reads += 1;
      return new Promise(() => undefined);
    };
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const read = cached(hangs, { ...kept, wait_ms: 10, onError });
    expect([await read(), await read()]).toEqual([undefined, undefined]);
    expect(reads).toBe(1);
    const late = new Error("it was not read within 10 ms");
    expect(errors).toEqual([late, late]);
  });
});
