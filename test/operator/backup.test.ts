import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { compose } from "../../src/compose/service.ts";
import { startEmbedded } from "../../src/db/embedded/index.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import { sealBooks } from "../../src/domain/books.ts";
import { takeReports } from "../../src/outbox/delivery.ts";
import { writeTexts } from "../../src/outbox/outbox.ts";
import { prepareQueue } from "../../src/worker/queue.ts";
import { overseer } from "../support/admin.ts";
import { clockAt } from "../support/clock.ts";
import { openPool } from "../support/database.ts";
import { everything } from "../support/everything.ts";
import { never } from "../support/never.ts";
import { makePhone } from "../support/phone.ts";
import { databaseUrl, query } from "../support/servers.ts";
import { soccs } from "../support/soccs.ts";
import { callback_secret, eventually, openWorld, type World } from "../support/world.ts";

let made = 0;

/** A database with nothing in it, on the server of the tests. */
async function emptyDatabase(): Promise<string> {
  made += 1;
  const name = `soccs_restored_${process.pid}_${made}`;
  const url = inject("postgres_url");
  await query(url, `create database ${name}`);
  onTestFinished(() => query(url, `drop database if exists ${name} with (force)`));
  return databaseUrl(url, name);
}

/** A server on which there has never been a service: not even its role is there. */
async function freshCluster(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "soccs-restored-"));
  chmodSync(dir, 0o755);
  const postgres = await startEmbedded({ dir, durability: "none", log: () => undefined });
  onTestFinished(async () => {
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  return postgres.url;
}

describe("soccs backup and restore", () => {
  let world: World;
  let dir: string;
  let file: string;
  beforeAll(async () => {
    world = await openWorld();
    dir = mkdtempSync(join(tmpdir(), "soccs-backup-"));
    file = join(dir, "all.backup");
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true });
    await world.close();
  });

  const pinOf = (name: string): string => world.pinOf(name);

  /**
   * Every table but what a backup leaves out, what its restoring writes, and what may come in while it
   * is being made.
   */
  const booksOf = async (db: World["db"]): Promise<readonly string[]> => {
    const others =
      /^public\.(ussd_session|gateway_health|message|audit_event|inbound_message|delivery_report) /;
    return (await everything({ ...world, db })).split("\n").filter((table) => !others.test(table));
  };

  const live = async (): Promise<void> => {
    const achieng = world.phoneOf("Achieng Otieno");
    await world.earned("Achieng Otieno", 60);
    await achieng.texts("CLAIM DUMP");
    const [, code = ""] = await world.phoneOf("Grace Akinyi").receives(/Reply OK (\w{4})/);
    await world.phoneOf("Grace Akinyi").texts(`OK ${code} ${pinOf("Grace Akinyi")}`);
    await achieng.texts(`REDEEM SCHOOL ${pinOf("Achieng Otieno")}`);
    await achieng.receives(/code/i);
    const odd = { name: 'T\u00e4b\\N "x"\u2028', phone: "+254711000190", language: "en" };
    await overseer(world).post("/communities/kisumu-manyatta/members", odd).gives(201);
    await eventually(async () => {
      const states = await world.db.selectFrom("message").select("state").execute();
      expect(new Set(states.map(({ state }) => state))).toEqual(new Set(["delivered"]));
      await sealBooks(world.db, never);
      const seals = await world.db.selectFrom("ledger.seal").select("journals").execute();
      expect(seals.reduce((sum, { journals }) => sum + journals, 0)).toBe(2);
    });
  };

  test("a lived-in service is backed up while it serves, and goes on in a fresh cluster", async () => {
    await live();
    const { id: community_id } = await world.db
      .selectFrom("community")
      .select("id")
      .executeTakeFirstOrThrow();
    const recipient = world.numberOf("Wanjiku Kamau");
    const later = new Date(world.clock.now().getTime() + 3_600_000);
    const waits = { recipient, member_id: null, text: "Hello.", segments: 1 };
    await inTransaction(world.db, (trx) =>
      writeTexts(trx, community_id, later, [{ ...waits, purpose: "answer" }]),
    );
    const wanted = await booksOf(world.db);
    const serving = world.phoneOf("Ouma Odhiambo").texts("BAL");
    const written = await soccs(world.database_url)("backup", file);
    expect(written, written.err).toMatchObject({ code: 0 });
    expect(await serving).toBe(200);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = gunzipSync(readFileSync(file)).toString();
    for (const secret of [world.parts.pin_pepper, callback_secret])
      expect(text).not.toContain(secret);

    const url = await freshCluster();
    const restored = await soccs(url)("restore", file);
    expect(restored, restored.err).toMatchObject({ code: 0 });
    expect(restored.out).toMatch(/^restored \d+ rows, as they were at /);
    expect(restored.out).toContain("1 texts may have been sent since");
    expect(restored.out).toContain("kisumu-manyatta: the books agree");

    const db = openPool(url, 1);
    expect(await booksOf(db)).toEqual(wanted);
    await db.destroy();

    await prepareQueue(url);
    // Of its own: the service that was lost must not send what waits.
    const clock = clockAt(world.clock.now().toISOString());
    const service = await compose({
      ...world.parts,
      database_url: url,
      queue: { kind: "postgres", url },
      now: clock.now,
    });
    onTestFinished(() => service.close());
    const line = {
      phone: world.numberOf("Achieng Otieno"),
      ussd_code: "*384*2255#",
      sms_number: "22551",
      callback_secret,
    };
    const achieng = makePhone(service.app, service.simulator!, line);
    await achieng.dials("*384*2255*1#").ends("Balance 55 SoCC");
    await achieng
      .dials()
      .presses("4", "0711000102", "5", "1", pinOf("Achieng Otieno"))
      .ends("Sent 5 SoCC to Wanjiku Kamau");

    // What waited may have been sent by the service that was lost: nobody sends it again.
    clock.moveOn({ days: 1 });
    await service.doDue();
    const wanjiku = makePhone(service.app, service.simulator!, { ...line, phone: recipient });
    await wanjiku.receives(/SoCC 5/);
    expect(wanjiku.inbox().join()).not.toContain("Hello");
    const doubtful = await service.db
      .selectFrom("message")
      .select(["state", "reason", "text"])
      .where("state", "=", "unknown")
      .execute();
    expect(doubtful).toEqual([
      {
        state: "unknown",
        text: "Hello.",
        reason: expect.stringMatching(/^may have been sent: restored from a backup/) as string,
      },
    ]);
  }, 60_000);

  test("a report of a text sent since is not taken for one in doubt", async () => {
    const url = await emptyDatabase();
    expect(await soccs(url)("restore", file)).toMatchObject({ code: 0 });
    const db = openPool(url, 2);
    onTestFinished(() => db.destroy());
    const report = { gateway_id: "ATXid_since", status: "Success", reason: null };
    const recipient = world.numberOf("Wanjiku Kamau");
    const afterwards = new Date(world.clock.now().getTime() + 2 * 3_600_000);
    await takeReports(db, [{ ...report, recipient }], afterwards);
    const { state } = await db
      .selectFrom("message")
      .select("state")
      .where("text", "=", "Hello.")
      .executeTakeFirstOrThrow();
    expect(state).toBe("unknown");
  });

  test("a file that is there, or damaged, or a database that is not empty, is refused", async () => {
    expect((await soccs(world.database_url)("backup", file)).err).toContain("is there already");
    const refused = await soccs(world.database_url)("restore", file);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toMatch(/the database is not empty \(.*\): restore into a new one/);

    const url = await emptyDatabase();
    const whole = readFileSync(file);
    const damaged = join(dir, "damaged.backup");
    const middle = Math.floor(whole.length / 2);
    const flipped = Buffer.from(whole);
    flipped[middle] = flipped[middle]! ^ 1;
    const headless = gzipSync(gunzipSync(whole).toString().replace("}\n", "\n"));
    const contents = [
      whole.subarray(0, middle),
      flipped,
      headless,
      Buffer.from("hello"),
      Buffer.of(),
    ];
    for (const content of contents) {
      writeFileSync(damaged, content);
      const { code, err } = await soccs(url)("restore", damaged);
      expect([code, err]).toEqual([2, expect.stringContaining("damaged.backup: it ")]);
    }
    // Nothing was touched by any of them.
    expect(await soccs(url)("restore", file)).toMatchObject({ code: 0 });
  }, 60_000);
});
