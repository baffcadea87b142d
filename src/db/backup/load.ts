import { once } from "node:events";
import { finished } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { DamagedBackup, end_of_rows, linesOf } from "./format.ts";
import { tablesIn, type Table } from "./tables.ts";

/** How much of a table is handed to the server at a time. */
const block_bytes = 65_536;

/**
 * Loads the rows of a backup into empty tables that have the columns they had. Foreign keys are taken
 * off and put back at the end, which checks them all at once, as pg_dump does; the other checks and
 * the ledger's triggers stand meanwhile.
 * @param client in a transaction.
 * @returns how many rows.
 * @throws DamagedBackup
 */
export async function loadBackup(client: pg.Client, file: string): Promise<number> {
  const keys = await foreignKeys(client);
  for (const { table, name } of keys)
    await client.query(`alter table ${table} drop constraint ${name}`);
  const rows = await loadRows(client, file);
  for (const { table, name, definition } of keys)
    await client.query(`alter table ${table} add constraint ${name} ${definition}`);
  return rows;
}

interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

async function foreignKeys(client: pg.Client): Promise<readonly ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(`
    select format('%I.%I', n.nspname, t.relname) as table, quote_ident(c.conname) as name,
      pg_get_constraintdef(c.oid) as definition
    from pg_constraint as c
    join pg_class as t on t.oid = c.conrelid
    join pg_namespace as n on n.oid = t.relnamespace
    where c.contype = 'f' and n.nspname in ('public', 'ledger')
  `);
  return rows;
}

async function loadRows(client: pg.Client, file: string): Promise<number> {
  const tables = await tablesIn(client);
  let into: Into | undefined;
  let count = 0;
  for await (const lines of linesOf(file))
    for (const line of lines) {
      if (into === undefined) into = tableNamed(client, tables, line.toString());
      else if (line.equals(end_of_rows_line)) {
        count += await into.end();
        into = undefined;
      } else await into.write(line);
    }
  return count;
}

const end_of_rows_line = Buffer.from(end_of_rows);

interface Into {
  readonly write: (line: Buffer) => Promise<void>;
  /** @returns how many rows. */
  readonly end: () => Promise<number>;
}

/** Never runs what stands in a file: it only says which of the tables that are here comes next. */
function tableNamed(client: pg.Client, tables: readonly Table[], line: string): Into | undefined {
  if (line.startsWith("-- ")) return undefined;
  const [, name, columns] = /^COPY (\S+) \((.*)\) FROM stdin;$/.exec(line) ?? [];
  const table = tables.find((one) => one.name === name && one.columns === columns);
  if (table === undefined)
    throw new DamagedBackup(`it has a table that is not here: ${name ?? line}`);
  return copyInto(client, table);
}

function copyInto(client: pg.Client, { name, columns }: Table): Into {
  const stream = client.query(copyFrom(`copy ${name} (${columns}) from stdin`));
  const over = finished(stream);
  // Told by whoever waits for it next; until then it is nobody's.
  over.catch(() => undefined);
  let block: Buffer[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    const goes_on = stream.write(Buffer.concat(block));
    block = [];
    size = 0;
    if (!goes_on) await Promise.race([once(stream, "drain"), over]);
  };
  return {
    write: async (line) => {
      block.push(line, newline);
      size += line.length + 1;
      if (size >= block_bytes) await flush();
    },
    end: async () => {
      if (size > 0) await flush();
      stream.end();
      await over;
      return stream.rowCount;
    },
  };
}

const newline = Buffer.from("\n");
