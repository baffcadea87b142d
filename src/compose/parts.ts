import type { FastifyBaseLogger } from "fastify";
import type { CommunityFile } from "../domain/community-file.ts";
import type { Account } from "../gateway/africastalking.ts";
import type { QueuePlace } from "../worker/queue.ts";

/** What a service is made of; everything that differs between a test, a demo and production. */
export interface Parts {
  readonly host: string;
  readonly port: number;
  readonly role: "web" | "worker" | "all";
  readonly database_url: string;
  readonly connections_max: number;
  readonly queue: QueuePlace;
  /** The simulator, mounted beside the callbacks, when absent. */
  readonly africas_talking: Omit<Account, "timeout_ms"> | undefined;
  readonly callback_secret: string;
  /** Where callbacks may come from; anywhere when absent or empty. */
  readonly callback_cidrs?: readonly string[] | undefined;
  /** Proxies that tell whom they speak for; none when absent. */
  readonly trusted_proxies?: readonly string[] | undefined;
  readonly pin_pepper: string;
  readonly admin_key: string | undefined;
  /** The communities whose people can be played at `/phone`; none outside demo mode. */
  readonly demo: readonly CommunityFile[];
  readonly now: () => Date;
  readonly log: FastifyBaseLogger;
  readonly sending?: SendingLimits | undefined;
  /** How long the words of texts are kept, and what the gateway reported of them; 90 when absent. */
  readonly texts_kept_days?: number | undefined;
  /** How long, once asked to stop, it still takes calls that come while `/readyz` says so. */
  readonly drain_ms?: number;
}

/** How texts are sent; what is absent is as in production. */
export interface SendingLimits {
  /** Texts a second that the gateway is handed by all processes together. */
  readonly per_second?: number | undefined;
  readonly gateway_timeout_ms?: number | undefined;
  /** A text that the queue lost is handed over again after this. */
  readonly again_ms?: number | undefined;
  /** How soon the simulator delivers a text again that was not answered 200. */
  readonly redeliver_ms?: number | undefined;
}
