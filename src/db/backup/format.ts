import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { z } from "zod";

/**
 * A backup is a gzipped text that psql could load into an empty schema: a line of JSON behind `--`, for
 * each table a COPY with its rows, and at the end the SHA-256 of all before it. Rows are in COPY's
 * text format, one a line, which every Postgres from 15 on writes and reads the same.
 */
export const head_mark = "-- soccs backup ";
export const sum_mark = "-- sha256 ";
/** Ends the rows of a table, and cannot be a row. */
export const end_of_rows = "\\.";

export const headShape = z.strictObject({
  version: z.literal(1),
  made_at: z.iso.datetime().transform((at) => new Date(at)),
  /** Those applied, in order: what the tables and columns are. */
  migrations: z.array(z.string().regex(/^[\w-]{1,100}$/)).min(1),
});
export type Head = z.output<typeof headShape>;

/** The file is no backup, or not whole, or was altered. */
export class DamagedBackup extends Error {
  override readonly name = "DamagedBackup";
}

/** The lines of a backup, many at a time, without their ends. @throws DamagedBackup */
export async function* linesOf(file: string): AsyncGenerator<readonly Buffer[]> {
  let rest: Buffer = Buffer.alloc(0);
  const source = createReadStream(file);
  const text = source.pipe(createGunzip());
  source.on("error", (error) => text.destroy(error));
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const lines: Buffer[] = [];
      let from = 0;
      for (let end = all.indexOf(10); end !== -1; end = all.indexOf(10, from)) {
        lines.push(all.subarray(from, end));
        from = end + 1;
      }
      rest = all.subarray(from);
      yield lines;
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!/^Z_/.test(code)) throw error;
    throw new DamagedBackup("it is no backup, or not whole", { cause: error });
  } finally {
    source.destroy();
  }
  if (rest.length > 0) throw new DamagedBackup("it ends in the middle of a line");
}

/**
 * Reads a backup to its end, and finds it whole and as it was written.
 * @throws DamagedBackup when it is not.
 */
export async function checkBackup(file: string): Promise<Head> {
  const hash = createHash("sha256");
  let head: Head | undefined;
  let sum: string | undefined;
  for await (const lines of linesOf(file))
    for (const line of lines) {
      if (sum !== undefined) throw new DamagedBackup("something follows its end");
      head ??= readHead(line);
      if (startsWith(line, sum_mark)) sum = line.subarray(sum_mark.length).toString();
      else hash.update(line).update("\n");
    }
  if (head === undefined || sum === undefined) throw new DamagedBackup("it is not whole");
  if (sum !== hash.digest("hex")) throw new DamagedBackup("it was altered since it was written");
  return head;
}

function readHead(line: Buffer): Head {
  if (!startsWith(line, head_mark)) throw new DamagedBackup("it is no backup of this service");
  const head = headShape.safeParse(parsed(line.subarray(head_mark.length).toString()));
  if (!head.success) throw new DamagedBackup("it was made by a version that is not known here");
  return head.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DamagedBackup("it was altered since it was written", { cause: error });
  }
}

const startsWith = (line: Buffer, mark: string): boolean =>
  line.subarray(0, mark.length).equals(Buffer.from(mark));
