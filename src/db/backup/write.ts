import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { appliedIn } from "../migrate.ts";
import { end_of_rows, head_mark, sum_mark } from "./format.ts";
import { asOwner, tablesIn } from "./tables.ts";

/** What a backup holds. */
export interface Written {
  readonly tables: number;
  readonly rows: number;
}

/**
 * Writes everything the service keeps into one file, beside the running service: one snapshot, which
 * waits for nobody and makes nobody wait; only sealing goes on after it. The file is its owner's to
 * read (mode 600) and is there once it is whole.
 * @param file must not be there yet.
 */
export async function writeBackup(url: string, file: string, now: Date): Promise<Written> {
  const unfinished = `${file}.unfinished`;
  // On the disk before it is called whole.
  const out = createWriteStream(unfinished, { flags: "wx", mode: 0o600, flush: true });
  await once(out, "open");
  try {
    const written = { tables: 0, rows: 0 };
    await asOwner(url, async (client) => {
      await client.query("begin isolation level repeatable read, read only");
      await pipeline(contents(client, now, written), createGzip(), out);
      await client.query("commit");
    });
    await rename(unfinished, file);
    return written;
  } catch (error) {
    out.destroy();
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function* contents(
  client: pg.Client,
  now: Date,
  written: { tables: number; rows: number },
): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  const hashed = (chunk: Buffer): Buffer => {
    hash.update(chunk);
    return chunk;
  };
  const line = (text: string): Buffer => hashed(Buffer.from(`${text}\n`));
  const head = { version: 1, made_at: now, migrations: await appliedIn(client) };
  yield line(`${head_mark}${JSON.stringify(head)}`);
  for (const { name, columns } of await tablesIn(client)) {
    yield line(`COPY ${name} (${columns}) FROM stdin;`);
    const rows = client.query(copyTo(`copy ${name} (${columns}) to stdout`));
    for await (const chunk of rows as AsyncIterable<Buffer>) yield hashed(chunk);
    yield line(end_of_rows);
    written.tables += 1;
    written.rows += rows.rowCount;
  }
  yield Buffer.from(`${sum_mark}${hash.digest("hex")}\n`);
}
