import { inject } from "vitest";
import { openDatabase } from "../../src/db/database.ts";
import { databaseUrl, query } from "./servers.ts";

let made = 0;

/** A migrated database of one's own, signed in to as its owner. */
export interface TestDatabase {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/** Copies the template: some 50 ms. */
export async function freshDatabase(): Promise<TestDatabase> {
  made += 1;
  const name = `soccs_test_${process.pid}_${made}`;
  const url = inject("postgres_url");
  await query(url, `create database ${name} template ${inject("template")}`);
  const drop = () => query(url, `drop database if exists ${name} with (force)`);
  return { url: databaseUrl(url, name), drop };
}

/** A pool as the service has it, on a database of one's own. */
export const openPool = (url: string, connections_max = 10) =>
  openDatabase({
    url,
    connections_max,
    statement_timeout_ms: 5_000,
    onIdleError: () => undefined,
  });
