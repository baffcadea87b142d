import type pg from "pg";
import { Counter, Gauge, type Registry } from "prom-client";

/** The part of pg's client that is used here, as the pool hands it to Kysely. */
interface Client {
  query: (text: unknown, values?: unknown) => unknown;
}

const ledger_call = /\bledger\.(post|reverse|reserve|capture|release)\(/;

/** Counts what a pool is asked, and how many of its connections are in use. */
export function watchPool(registry: Registry, pool: pg.Pool): void {
  const registers = [registry];
  const statements = new Counter({
    name: "soccs_sql_statements_total",
    help: "Statements sent to Postgres.",
    registers,
  });
  const trips = new Counter({
    name: "soccs_sql_round_trips_total",
    help: "Times Postgres was waited for; statements sent together are one.",
    registers,
  });
  const postings = new Counter({
    name: "soccs_ledger_calls_total",
    help: "Calls of the ledger's functions: post, reverse, reserve, capture, release.",
    labelNames: ["call"],
    registers,
  });
  new Gauge({
    name: "soccs_pool_connections",
    help: "Connections of this process's pool by state, and those waiting for one.",
    labelNames: ["state"],
    registers,
    collect() {
      this.set({ state: "busy" }, pool.totalCount - pool.idleCount);
      this.set({ state: "idle" }, pool.idleCount);
      this.set({ state: "waited-for" }, pool.waitingCount);
    },
  });
  pool.on("connect", (connection) => {
    const client = connection as unknown as Client;
    const query = client.query.bind(client);
    let together = false;
    client.query = (text, values) => {
      statements.inc();
      if (!together) {
        together = true;
        trips.inc();
        // What is asked in one go is sent in one go: see db/statements.ts.
        process.nextTick(() => (together = false));
      }
      const call = typeof text === "string" ? ledger_call.exec(text)?.[1] : undefined;
      if (call !== undefined) postings.inc({ call });
      return query(text, values);
    };
  });
}
