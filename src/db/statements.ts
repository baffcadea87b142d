import { createHash } from "node:crypto";
import type pg from "pg";

/** Most statements that one connection keeps prepared; what comes after them is planned each time. */
const prepared_max = 400;

/** Names of statements, the same in every connection. */
const names = new Map<string, string>();

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= prepared_max) return undefined;
  const name = createHash("sha1").update(text).digest("base64url");
  names.set(text, name);
  return name;
}

/** The part of pg's client that is used here; its types know nothing of what is below `query`. */
interface Client {
  query: (text: unknown, values?: readonly unknown[]) => Promise<pg.QueryResult>;
  readonly connection: { readonly stream: { cork: () => void; uncork: () => void } };
}

/**
 * Has a connection keep its statements prepared, which spares the server reading and planning the
 * same few again at every key press, and send together what is asked in one go: each write to a
 * socket costs as much as a small query.
 */
export function tuneStatements(connection: pg.PoolClient): void {
  const client = connection as unknown as Client;
  const query = client.query.bind(client);
  const { stream } = client.connection;
  let corked = false;
  const together = (): void => {
    if (corked) return;
    corked = true;
    stream.cork();
    // After everything that is being asked now.
    process.nextTick(() => {
      corked = false;
      stream.uncork();
    });
  };
  client.query = (text, values) => {
    together();
    if (typeof text !== "string" || values === undefined || values.length === 0)
      return query(text, values);
    const name = nameOf(text);
    return name === undefined ? query(text, values) : query({ name, text, values });
  };
}
