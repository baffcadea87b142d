import pg from "pg";

/** A table whose rows are kept in a backup. */
export interface Table {
  /** `public.member`, quoted where it must be. */
  readonly name: string;
  /** Every column that is stored, as a list in SQL. */
  readonly columns: string;
}

/**
 * What is not kept: calls that are going on, and whether the gateway could be used, are over by the
 * time a backup is restored; which migrations there are stands at the head of the backup.
 */
const left_out = ["ussd_session", "gateway_health", "kysely_migration", "kysely_migration_lock"];

/** The service's tables, by name; the queue's are not among them, for the outbox refills it. */
export async function tablesIn(client: pg.Client): Promise<readonly Table[]> {
  const { rows } = await client.query<Table>(
    `select format('%I.%I', n.nspname, c.relname) as name,
       string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns
     from pg_class as c
     join pg_namespace as n on n.oid = c.relnamespace
     join pg_attribute as a on a.attrelid = c.oid
       and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where n.nspname in ('public', 'ledger') and c.relkind = 'r' and c.relname <> all ($1)
     group by n.nspname, c.relname
     order by 1`,
    [left_out],
  );
  return rows;
}

/** Opens a connection as the schema's owner, whose statements may take as long as they take. */
export async function asOwner<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: "soccs backup" });
  await client.connect();
  try {
    await client.query(`
      set statement_timeout = 0;
      set lock_timeout = 0;
      set idle_in_transaction_session_timeout = 0;
      set datestyle = 'ISO';
      set timezone = 'UTC';
      set bytea_output = 'hex';
      set extra_float_digits = 3;
      set client_encoding = 'UTF8';
    `);
    return await work(client);
  } finally {
    await client.end();
  }
}
