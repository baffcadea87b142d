import type { Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import { africasTalking } from "../gateway/africastalking.ts";
import { sealingKey } from "../outbox/seal.ts";
import type { Breaker } from "../worker/breaker.ts";
import { sharedHealth } from "../worker/health.ts";
import type { TextQueue } from "../worker/queue.ts";
import { startRelay, type Relay } from "../worker/relay.ts";
import { makeSender } from "../worker/send.ts";
import { statement_timeout_ms } from "./databases.ts";
import type { House } from "./house.ts";
import type { Parts } from "./parts.ts";
import { simulatorAccount } from "./simulator.ts";

const default_gateway_timeout_ms = 15_000;

const gatewayTimeout = ({ sending }: Parts): number =>
  sending?.gateway_timeout_ms ?? default_gateway_timeout_ms;

/** Starts moving texts from the outbox to the queue; every process does. */
export function relayTexts(spec: {
  readonly parts: Parts;
  readonly db: Kysely<DB>;
  readonly queue: TextQueue;
  readonly breaker: Breaker;
  readonly onError: (error: unknown) => void;
}): Relay {
  const { parts, db, queue, breaker, onError } = spec;
  const again_ms = parts.sending?.again_ms;
  return startRelay({
    ...{ db, queue, onError },
    now: parts.now,
    room: breaker.room,
    alsoSweep: sharedHealth(db, breaker),
    // The answer's time, and what storing it may take.
    sending_max_ms: 3 * gatewayTimeout(parts) + 2 * statement_timeout_ms,
    ...(again_ms !== undefined && { again_ms }),
  });
}

/** Begins to take texts from the queue to the gateway. @param of.url where the service listens. */
export function sendTexts(
  { parts, db, pepper, nudge, onNews }: House,
  of: { readonly queue: TextQueue; readonly breaker: Breaker; readonly url: string },
): void {
  const { queue, breaker, url } = of;
  const account = parts.africas_talking ?? simulatorAccount(url);
  const gateway = africasTalking({ ...account, timeout_ms: gatewayTimeout(parts) });
  const sender = makeSender({
    ...{ db, gateway, breaker, onNews },
    now: parts.now,
    sealing_key: sealingKey(pepper),
    onHealth: nudge,
  });
  queue.work(sender, { per_second: parts.sending?.per_second });
}
