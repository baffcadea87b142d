import { join } from "node:path";
import { sql, type Kysely } from "kysely";
import { expect, inject, vi } from "vitest";
import {
  compose,
  type Parts,
  type SendingLimits,
  type Service,
} from "../../src/compose/service.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import type { DB } from "../../src/db/types.ts";
import { readCommunityFiles, type CommunityFile } from "../../src/domain/community-file.ts";
import { addDemoPeople, foundCommunity } from "../../src/domain/founding.ts";
import { post } from "../../src/ledger/post.ts";
import type { Verification } from "../../src/ledger/verify.ts";
import type { Simulator } from "../../src/gateway/simulator/simulator.ts";
import { clockAt, type Clock } from "./clock.ts";
import { freshDatabase, openPool } from "./database.ts";
import { autocommit, earning } from "./ledger.ts";
import { keepLogs } from "./logs.ts";
import { makePhone, type Phone } from "./phone.ts";

export const callback_secret = "a-secret-in-the-callback-path";
export const admin_key = "the-overseer-key-of-the-tests";
export const pin_pepper = "the-pepper-of-the-tests";

/** A whole service with a community, its people and the simulator, on a database of its own. */
export interface World {
  readonly service: Service;
  readonly db: Kysely<DB>;
  readonly database_url: string;
  readonly simulator: Simulator;
  readonly clock: Clock;
  readonly logs: readonly string[];
  /** The phone of one of the demo people, or of a stranger by number. */
  readonly phoneOf: (name: string) => Phone;
  readonly pinOf: (name: string) => string;
  readonly numberOf: (name: string) => string;
  /** What it is made of, for a second process beside it. */
  readonly parts: Parts;
  /** Gives a member of the file SoCCs, as an earning of before. */
  readonly earned: (name: string, amount: number) => Promise<void>;
  /** The clock moves on, and what falls due by then is done. */
  readonly timePasses: (time: Parameters<Clock["moveOn"]>[0]) => Promise<void>;
  readonly verifyBooks: () => Promise<Verification>;
  /** Every text of every table but where a number belongs: members' phones and recipients. */
  readonly everythingStored: () => Promise<string>;
  readonly close: () => Promise<void>;
}

const folder = join(import.meta.dirname, "../../menus/communities");

/** Opens a world at 14 March 2026, 5:40 PM in Kisumu. */
export async function openWorld(
  options: { queue?: "redis" | "postgres"; community?: string; sending?: SendingLimits } = {},
): Promise<World> {
  const { community = "kisumu-manyatta" } = options;
  const file = readCommunityFiles(folder).find(({ slug }) => slug === community);
  if (file === undefined) throw new Error("the demo community is not there");
  const database = await freshDatabase();
  const clock = clockAt("2026-03-14T14:40:00Z");
  await found(file, database.url, clock);
  const { log, lines } = keepLogs();
  const redis_url = inject("redis_url");
  const parts: Parts = {
    host: "127.0.0.1",
    port: 0,
    role: "all",
    database_url: database.url,
    connections_max: 10,
    queue:
      options.queue === "redis" && redis_url !== undefined
        ? { kind: "redis", url: redis_url }
        : { kind: "postgres", url: database.url },
    africas_talking: undefined,
    callback_secret,
    pin_pepper,
    admin_key,
    demo: [file],
    now: clock.now,
    log,
    sending: options.sending,
  };
  const service = await compose(parts);
  const { simulator, db } = service;
  if (simulator === undefined) throw new Error("a world has a simulator");
  const personOf = (name: string) => file.demo_people.find((person) => person.name === name);
  return {
    service,
    db,
    database_url: database.url,
    simulator,
    clock,
    logs: lines,
    phoneOf: (name) => {
      const person = personOf(name);
      return makePhone(service.app, simulator, {
        phone: person?.phone ?? name,
        ussd_code: file.ussd_code ?? "",
        sms_number: file.sms_number ?? "",
        callback_secret,
      });
    },
    pinOf: (name) => personOf(name)?.pin ?? "",
    numberOf: (name) => personOf(name)?.phone ?? name,
    parts,
    earned: (name, amount) => earn(db, name, amount),
    timePasses: async (time) => {
      clock.moveOn(time);
      await service.doDue();
    },
    verifyBooks: async () => {
      const answer = await service.app.inject({
        url: `/admin/v1/communities/${file.slug}/ledger/verify`,
        headers: { authorization: `Bearer ${admin_key}` },
      });
      expect(answer.statusCode).toBe(200);
      return answer.json<Verification>();
    },
    everythingStored: () => everythingStored(database.url),
    close: async () => {
      await service.close();
      // How long something took may well be 4826 ms.
      expectNoSecrets(lines.join("").replaceAll(/"(time|took_ms)":\d+/g, ""), file);
      await database.drop();
    },
  };
}

async function found(file: CommunityFile, url: string, clock: Clock): Promise<void> {
  const db = openPool(url, 1);
  await inTransaction(db, async (trx) => {
    const id = await foundCommunity(trx, { now: clock.now(), actor: "service" }, file);
    if (id === undefined) throw new Error("founded before");
    const keys = { pepper: Buffer.from(pin_pepper), now: clock.now() };
    await addDemoPeople(trx, id, file.demo_people, keys);
  });
  await db.destroy();
}

/** What must stand nowhere: PINs, whole numbers, the callback secret, keys. */
export function expectNoSecrets(found: string, file: CommunityFile): void {
  const text = withoutChance(found);
  for (const { pin, phone } of file.demo_people) {
    expect(text).not.toMatch(new RegExp(`(?<!\\d)${pin}(?!\\d)`));
    expect(text).not.toContain(phone.slice(1));
  }
  for (const word of [callback_secret, admin_key, pin_pepper]) expect(text).not.toContain(word);
}

async function earn(db: Kysely<DB>, name: string, amount: number): Promise<void> {
  const member = await db
    .selectFrom("member")
    .select(["community_id", "id"])
    .where("name", "=", name)
    .executeTakeFirstOrThrow();
  const answer = await post(autocommit(db), member.community_id, [earning(member.id, amount)]);
  if ("refused" in answer) throw new Error(answer.refused);
}

/** Text without ids, digests and fractions of a second, which hold every four digits by chance. */
export const withoutChance = (text: string): string =>
  text
    .replaceAll(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, "(id)")
    .replaceAll(/\\x[\da-f]+/g, "(bytes)")
    .replaceAll(/\$argon2id\$[^"]+/g, "(hash)")
    .replaceAll(/(?<=T\d\d:\d\d:\d\d)\.\d+/g, "");

async function everythingStored(url: string): Promise<string> {
  const db = openPool(url, 1);
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('public', 'ledger') and tablename not like 'kysely%'
  `.execute(db);
  const texts = await Promise.all(
    tables.map(async ({ name }) => {
      const { rows } = await sql<{ row: string }>`
        select (to_jsonb(t) - 'phone' - 'recipient' - 'old_phone' - 'new_phone')::text as row from ${sql.raw(name)} as t
      `.execute(db);
      return rows.map(({ row }) => `${name} ${row}`).join("\n");
    }),
  );
  await db.destroy();
  return withoutChance(texts.join("\n"));
}

/** Waits until something holds, looking often; no test waits for a fixed time. */
export const eventually = <T>(look: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(look, { timeout: 8_000, interval: 10 });
