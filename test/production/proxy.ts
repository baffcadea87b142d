/**
 * The proxy in front of the web processes, as a process of its own: `PORT` is where it listens, and
 * `POST /proxy/upstreams` says, as a JSON list of origins, behind which it may look for an answer.
 *
 * A connection that is refused has brought nothing to anybody, so the next web process is asked. One
 * that breaks later is answered 502 and never replayed: what was delivered may have been done, and
 * the real gateway does not retry a key press.
 */
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

let upstreams: readonly string[] = [];
let turn = 0;
const agent = new Agent({ keepAlive: true, maxFreeSockets: 2_048 });

const server = createServer((asked, answer) => {
  take(asked, answer).catch(() => answer.destroy());
});
server.listen(Number(process.env["PORT"]), "127.0.0.1", () => {
  process.stdout.write("listening on the proxy's port\n");
});
process.once("SIGTERM", () => process.exit(0));

async function take(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const body = await buffer(asked);
  if (asked.url === "/proxy/upstreams") {
    // Written by the rehearsal itself.
    upstreams = JSON.parse(body.toString()) as string[];
    answer.end();
    return;
  }
  turn += 1;
  // As they are now: others take their turns while this one waits.
  const first = turn % upstreams.length;
  for (const upstream of [...upstreams.slice(first), ...upstreams.slice(0, first)]) {
    const given = await ask(upstream, asked, body);
    if (given === "refused") continue;
    if (given === "broken") break;
    answer.writeHead(given.statusCode ?? 502, given.headers);
    given.pipe(answer);
    given.once("error", () => answer.destroy());
    return;
  }
  answer.writeHead(502).end();
}

/** @returns the answer as it begins. */
const ask = (
  upstream: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<IncomingMessage | "refused" | "broken"> =>
  new Promise((resolve) => {
    const address = new URL(url ?? "/", upstream);
    const asking = request(address, { method, agent, headers }, resolve);
    asking.once("error", (error) => {
      const code = "code" in error ? error.code : undefined;
      resolve(code === "ECONNREFUSED" ? "refused" : "broken");
    });
    asking.end(body);
  });
