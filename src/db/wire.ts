import { DummyDriver, Kysely, PostgresDialect, type ConnectionProvider } from "kysely";
import type { Writer } from "./database.ts";
import type { DB } from "./types.ts";

/** What a Kysely is made of beside its executor; nothing here ever opens a connection. */
const inert = new PostgresDialect({
  pool: () => Promise.reject(new Error("this Kysely has one connection and no pool")),
});
const driver = new DummyDriver();

/**
 * Works on one connection without waiting for each answer before the next statement is sent.
 * Kysely's own transactions send one at a time.
 */
export const onOneWire = <T>(db: Kysely<DB>, work: (wire: Writer) => Promise<T>): Promise<T> => {
  const executor = db.getExecutor();
  return executor.provideConnection((connection) => {
    const provider: ConnectionProvider = { provideConnection: (consumer) => consumer(connection) };
    const wire = new Kysely<DB>({
      config: { dialect: inert },
      dialect: inert,
      driver,
      executor: executor.withConnectionProvider(provider),
    });
    // A connection with a BEGIN on it is a transaction, which Kysely cannot know.
    return work(wire as unknown as Writer);
  });
};
