/**
 * The proxy in front of the web processes, as a process of its own: `PORT` is where it listens,
 * `UPSTREAMS` the origins, with commas between them, behind which it looks for an answer. It asks each
 * of them, as often as deploy/Caddyfile does, whether it takes calls, and passes over who does not.
 *
 * A connection that is refused has brought nothing to anybody, so the next web process is asked. One
 * that breaks later is answered 502 and never replayed: what was delivered may have been done, and
 * the real gateway does not retry a key press.
 */
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

const upstreams = (process.env["UPSTREAMS"] ?? "").split(",");
const look_every_ms = 500;
const look_timeout_ms = 2_000;
/** Those that said at the last look that they take no calls, or nothing. */
const away = new Set<string>();
let turn = 0;
const agent = new Agent({ keepAlive: true, maxFreeSockets: 2_048 });

const server = createServer((asked, answer) => {
  take(asked, answer).catch(() => answer.destroy());
});
server.listen(Number(process.env["PORT"]), "127.0.0.1", () => {
  process.stdout.write("listening on the proxy's port\n");
});
process.once("SIGTERM", () => process.exit(0));
for (const upstream of upstreams) setInterval(() => void look(upstream), look_every_ms);

async function look(upstream: string): Promise<void> {
  const signal = AbortSignal.timeout(look_timeout_ms);
  const takes = await fetch(`${upstream}/readyz/service`, { signal }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (takes) away.delete(upstream);
  else away.add(upstream);
}

async function take(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const body = await buffer(asked);
  turn += 1;
  // As they are now: others take their turns while this one waits.
  const first = turn % upstreams.length;
  const all = [...upstreams.slice(first), ...upstreams.slice(0, first)];
  for (const upstream of all.sort(
    (one, other) => Number(away.has(one)) - Number(away.has(other)),
  )) {
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
