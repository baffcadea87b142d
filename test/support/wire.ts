import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";

/** A wire to a Postgres that counts how often something was asked and then answered. */
export interface Wire {
  /** The database's address, by way of the wire. */
  readonly url: string;
  /** Round trips since the last time this was asked. */
  readonly roundTrips: () => number;
  readonly cut: () => Promise<void>;
}

/** A wire's length: what is sent without waiting for an answer has left before the answer comes. */
const latency_ms = 10;

/** Statements sent together, before an answer came, are one round trip. */
export async function wireTo(database_url: string): Promise<Wire> {
  const to = new URL(database_url);
  let trips = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    let asking = false;
    client.on("data", (bytes) => {
      if (!asking) trips += 1;
      asking = true;
      upstream.write(bytes);
    });
    upstream.on("data", (bytes) => {
      setTimeout(() => {
        asking = false;
        client.write(bytes);
      }, latency_ms);
    });
    for (const [from, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on("close", () => other.destroy());
      from.on("error", () => other.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  to.hostname = "127.0.0.1";
  const { port } = server.address() as AddressInfo;
  const through = new URL(to);
  through.port = String(port);
  return {
    url: through.href,
    roundTrips: () => {
      const since = trips;
      trips = 0;
      return since;
    },
    cut: async () => {
      server.close();
      await once(server, "close");
    },
  };
}
