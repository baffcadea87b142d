/**
 * The gateway simulator as a process of its own, which the service reaches by `AT_BASE_URL`: `PORT`
 * is where it listens, `CALLBACKS` where the service's callbacks are.
 */
import Fastify from "fastify";
import type { Post } from "../../src/gateway/simulator/post.ts";
import { makeSimulator } from "../../src/gateway/simulator/simulator.ts";

/** What the gateway knows beside its tally (`GET /known`). */
export interface Known {
  /** Texts from phones by their ids: those answered 200, and those delivered again until they are. */
  readonly taken: readonly string[];
  readonly untaken: readonly string[];
  /** Texts to phones by the gateway's own ids, of which the service heard no report. */
  readonly unreported: readonly string[];
}

/** The provider's minute is too long for a rehearsal. */
const redeliver_ms = 1_000;
const answer_timeout_ms = 15_000;

const taken = new Set<string>();
const untaken = new Set<string>();
const unreported: string[] = [];

const post: Post = async (callback, fields) => {
  const { id = "" } = fields;
  if (callback === "sms") untaken.add(id);
  try {
    const answer = await fetch(`${process.env["CALLBACKS"] ?? ""}/${callback}`, {
      method: "POST",
      body: new URLSearchParams(fields),
      signal: AbortSignal.timeout(answer_timeout_ms),
    });
    const body = await answer.text();
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    if (callback === "sms") move(id);
    return { status: answer.status, body };
  } catch (error) {
    // A report comes once: nobody says that the provider sends one again.
    if (callback === "sms/delivery") unreported.push(id);
    throw error;
  }
};

function move(id: string): void {
  untaken.delete(id);
  taken.add(id);
}

const simulator = makeSimulator({
  now: () => new Date(),
  short_code: "22551",
  open_inbox: true,
  redeliver_ms,
  post,
  // Counted above.
  onError: () => undefined,
});
const app = Fastify();
await app.register(simulator.routes);
app.get("/known", (): Known => ({ taken: [...taken], untaken: [...untaken], unreported }));
await app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"]) });
process.stdout.write("listening on the gateway's port\n");
process.once("SIGTERM", () => process.exit(0));
