import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Post } from "./post.ts";

/** One text from a phone to the service. */
export interface Outgoing {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** The same id is the same text delivered again. */
  readonly id?: string | undefined;
  /** Delivered so many times at once, whatever the answers. */
  readonly copies?: number | undefined;
}

/** The provider delivers again every minute until it gets a 200, for up to 12 hours [doc]. */
export const redeliver_ms = 60_000;
const redeliveries_max = 12 * 60;

/**
 * Delivers a text to the service, again and again until it is answered 200.
 * @param every_ms a minute with the provider.
 * @returns how often it was delivered; stops when the signal says so.
 */
export async function deliverText(
  spec: {
    readonly post: Post;
    readonly now: () => Date;
    readonly every_ms: number;
    readonly stop: AbortSignal;
  },
  { from, to, text, id = randomUUID(), copies = 1 }: Outgoing,
): Promise<number> {
  const date = spec.now().toISOString().slice(0, 19).replace("T", " ");
  const fields = { id, linkId: randomUUID(), from, to, text, date, networkCode: "63902" };
  const once = async (): Promise<boolean> =>
    await spec.post("sms", { ...fields, cost: "KES 0.0000" }).then(
      ({ status }) => status === 200,
      // Nobody answered: that is no 200 either.
      () => false,
    );
  let deliveries = 0;
  for (let round = 0; round < redeliveries_max && !spec.stop.aborted; round += 1) {
    const answers = await Promise.all(Array.from({ length: copies }, once));
    deliveries += copies;
    if (answers.includes(true)) return deliveries;
    await sleep(spec.every_ms, undefined, { ref: false, signal: spec.stop }).catch(() => undefined);
  }
  return deliveries;
}
