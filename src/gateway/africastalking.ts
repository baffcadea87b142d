import { createRequire } from "node:module";
import africastalking from "africastalking";
import { z } from "zod";
import type { Cost, Gateway, SendResult, Trouble } from "./gateway.ts";

export interface Account {
  readonly username: string;
  readonly api_key: string;
  /** What a text comes from that says nothing of it; the provider's own when absent. */
  readonly sender_id?: string | undefined;
  /** Where the provider's API is, if not at the provider's: the simulator's, in a demo. */
  readonly base_url?: string | undefined;
  readonly timeout_ms: number;
}

/**
 * Africa's Talking through its own SDK. One for each process: the SDK keeps its addresses, and
 * here its HTTP settings, in module globals.
 */
export function africasTalking(account: Account): Gateway {
  hardenHttp(account);
  const { SMS } = africastalking({ username: account.username, apiKey: account.api_key });
  return {
    send: async (to, message, sender) => {
      const from = sender ?? account.sender_id;
      try {
        return readReply(await SMS.send({ to, message, ...(from !== undefined && { from }) }));
      } catch (error) {
        // The SDK's errors carry the API key: nothing of them leaves this file but what is read.
        return readFailure(error);
      }
    },
  };
}

/** The part of the SDK's axios that is set here. */
interface Http {
  readonly defaults: { timeout?: number; maxRedirects?: number; proxy?: unknown };
  readonly interceptors: {
    readonly request: { use(change: (request: { url?: string }) => object): number; clear(): void };
  };
}

/**
 * The SDK sets no time-out, follows redirects and takes the API key along, and knows no other
 * address than the provider's: all three are mended on its own copy of axios, where it cannot tell.
 */
function hardenHttp({ timeout_ms, base_url }: Account): void {
  const require = createRequire(import.meta.url);
  const ofTheSdk = createRequire(require.resolve("africastalking"));
  const http = ofTheSdk("axios") as Http;
  http.defaults.timeout = timeout_ms;
  http.defaults.maxRedirects = 0;
  http.defaults.proxy = false;
  http.interceptors.request.clear();
  http.interceptors.request.use((request) => {
    const { hostname, origin, pathname } = new URL(request.url ?? "");
    if (!hostname.endsWith(".africastalking.com")) throw new Error("an address not the provider's");
    const url = (base_url?.replace(/\/$/, "") ?? origin) + pathname;
    // axios's own time-out is for silence: an answer that drips in would never end.
    return { ...request, url, signal: AbortSignal.timeout(timeout_ms) };
  });
}

const reply = z.object({
  SMSMessageData: z.object({
    Message: z.string(),
    Recipients: z.array(
      z.object({
        statusCode: z.number(),
        status: z.string(),
        messageId: z.string(),
        cost: z.unknown(),
      }),
    ),
  }),
});

/** Recipient codes that mean the text is on its way, and those that may pass with time. */
const accepted = new Set([100, 101, 102]);
const passing: ReadonlyMap<number, Trouble | undefined> = new Map([
  [402, undefined],
  [405, "account"],
  [500, "gateway"],
  [501, "gateway"],
]);
/**
 * What is wrong is not the text but the number of its community, which is not (yet) this account's to
 * send from: it waits until somebody has mended that, and other communities' texts go on.
 */
const wrong_sender = "InvalidSenderId";
/** UserInBlacklist: whoever it is for has opted out with the provider. */
const opted_out = 406;

/** Reads a reply of status 201, which may still be a refusal, or no reply of theirs at all. */
function readReply(body: unknown): SendResult {
  const parsed = reply.safeParse(body);
  if (!parsed.success)
    return {
      type: "unknown",
      reason: "an answer that is not the provider's",
      trouble: "gateway",
    };
  const { Message, Recipients } = parsed.data.SMSMessageData;
  const [recipient] = Recipients;
  if (recipient === undefined)
    return {
      type: Message === wrong_sender ? "not-taken" : "refused",
      reason: Message.slice(0, 200),
    };
  const { statusCode, status, messageId, cost } = recipient;
  if (accepted.has(statusCode) && messageId !== "None")
    return { type: "accepted", gateway_id: messageId, cost: readCost(cost) };
  const reason = `${statusCode} ${status}`.slice(0, 200);
  const trouble = passing.get(statusCode);
  if (passing.has(statusCode)) return { type: "not-taken", reason, ...(trouble && { trouble }) };
  return { type: "refused", reason, ...(statusCode === opted_out && { opted_out: true as const }) };
}

/** `KES 0.8000`, digit by digit; null for `0`, which has no currency, and for whatever else it is. */
function readCost(cost: unknown): Cost | null {
  const [, currency, amount] = /^([A-Z]{3}) (\d{1,9}(?:\.\d{1,9})?)$/.exec(String(cost)) ?? [];
  return currency === undefined || amount === undefined ? null : { currency, amount };
}

const failure = z.object({
  code: z.string().optional(),
  response: z.object({ status: z.number() }).optional(),
});

/** Before a connection was made nothing was sent; a busy or closed door took nothing either. */
const never_sent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH"]);
const not_now: ReadonlyMap<number, Trouble> = new Map([
  [401, "account"],
  [429, "gateway"],
  [503, "gateway"],
]);

function readFailure(error: unknown): SendResult {
  // Not the HTTP client's: the SDK would not send this, so nothing has left.
  if (error instanceof Error && !("isAxiosError" in error))
    return { type: "refused", reason: "the provider's SDK does not send to this number" };
  const parsed = failure.safeParse(error);
  if (!parsed.success) return { type: "unknown", reason: "the provider's SDK failed" };
  const { code, response } = parsed.data;
  if (response !== undefined) {
    const reason = `HTTP ${response.status}`;
    const trouble = not_now.get(response.status);
    if (trouble !== undefined) return { type: "not-taken", reason, trouble };
    // It may have broken after it took the text. A redirect is not followed; other refusals would be
    // the same again.
    if (response.status < 500) return { type: "refused", reason };
    return { type: "unknown", reason, trouble: "gateway" };
  }
  const reason = code ?? "no answer";
  const type = code !== undefined && never_sent.has(code) ? "not-taken" : "unknown";
  return { type, reason, trouble: "gateway" };
}
