import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { v7 as uuid } from "uuid";
import { afterAll, expect, test } from "vitest";
import { startEmbedded } from "../../src/db/embedded/index.ts";
import { migrate } from "../../src/db/migrate.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import { post } from "../../src/ledger/post.ts";
import { verify } from "../../src/ledger/verify.ts";
import { openPool } from "../support/database.ts";
import { earning, foundLedger, transfer } from "../support/ledger.ts";
import { eventually } from "../support/world.ts";

const dir = mkdtempSync(join(tmpdir(), "soccs-crash-"));
chmodSync(dir, 0o755);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const start = () => startEmbedded({ dir, durability: "full", log: () => undefined });

test("Postgres killed under load: the books are clean, every acknowledged journal is there", async () => {
  const first = await start();
  await migrate(first.url);
  const before = openPool(first.url, 16);
  const community = await foundLedger(before, 20);
  const someone = (): string => community.members[Math.floor(Math.random() * 20)] ?? "";
  const acknowledged: string[] = [];
  let killed = false;

  const client = async (): Promise<void> => {
    while (!killed) {
      const once = uuid();
      const [from, to] = [someone(), someone()];
      const journals =
        from === to || Math.random() < 0.7
          ? [earning(from, 7, 5, once)]
          : [transfer(from, to, 2, once)];
      const answer = await inTransaction(before, (trx) => post(trx, community.id, journals)).catch(
        // The server is going down, which is what this is about.
        () => undefined,
      );
      if (answer !== undefined && "posted" in answer) acknowledged.push(once);
    }
  };
  const load = Promise.all(Array.from({ length: 16 }, client));
  await eventually(() => {
    expect(acknowledged.length).toBeGreaterThan(500);
  });
  process.kill(first.pid, "SIGKILL");
  killed = true;
  await load;
  await before.destroy();
  await first.stop();

  const second = await start();
  const after = openPool(second.url, 2);
  const books = await verify(after, community.id);
  expect(books.mismatches).toEqual([]);
  const rows = await after.selectFrom("ledger.journal").select("once").execute();
  const there = new Set(rows.map(({ once }) => once));
  expect(acknowledged.filter((once) => !there.has(once))).toEqual([]);
  await after.destroy();
  await second.stop();
}, 60_000);
