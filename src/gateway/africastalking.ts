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
        cost: z.unknown().optional(),
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
/** A whole reply's word for an account that is empty, as 405 is for one recipient. */
const empty_account = /insufficient/i;
const not_theirs = "an answer that is not the provider's";
/** UserInBlacklist: whoever it is for has opted out with the provider. */
const opted_out = 406;

/** Reads a reply of status 201, which may still be a refusal, or no reply of theirs at all. */
function readReply(body: unknown): SendResult {
  const parsed = reply.safeParse(body);
  if (!parsed.success) return { type: "unknown", reason: not_theirs, trouble: "gateway" };
  const { Message, Recipients } = parsed.data.SMSMessageData;
  const [recipient] = Recipients;
  if (recipient === undefined) return readTotalRefusal(Message);
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

/** Nothing was taken. What the word does not say of the sender or the account, it says of no text. */
function readTotalRefusal(message: string): SendResult {
  const reason = message.slice(0, 200);
  if (message === wrong_sender) return { type: "not-taken", reason };
  return {
    type: "not-taken",
    reason,
    trouble: empty_account.test(message) ? "account" : "gateway",
  };
}

const failure = z.object({
  code: z.string().optional(),
  response: z.object({ status: z.number() }).optional(),
});

/** Before a connection was made nothing was sent. */
const never_sent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH"]);

function readFailure(error: unknown): SendResult {
  // Not the HTTP client's: the SDK would not send this, so nothing has left.
  if (error instanceof Error && !("isAxiosError" in error))
    return { type: "refused", reason: "the provider's SDK does not send to this number" };
  const parsed = failure.safeParse(error);
  // A body that came with a status of success, but not the provider's own.
  if (!parsed.success || (parsed.data.code === undefined && parsed.data.response === undefined))
    return { type: "unknown", reason: not_theirs, trouble: "gateway" };
  const { code, response } = parsed.data;
  if (response !== undefined) return readStatus(response.status);
  const reason = code ?? "no answer";
  const type = code !== undefined && never_sent.has(code) ? "not-taken" : "unknown";
  return { type, reason, trouble: "gateway" };
}

/** Statuses by which it is the text that is refused; several in a row are no longer about texts. */
const of_the_text = new Set([400, 422]);
/** A door that is busy or closed for now, and took nothing. */
const not_now = new Set([408, 425, 429, 503]);

/**
 * Reads a status that is no success. One that says nothing of the text, as of a redirect, which is not
 * followed, of a key that is refused or of an address where nothing is, would be the same for every
 * other text until somebody mends it: the text waits.
 */
function readStatus(status: number): SendResult {
  const reason = `HTTP ${status}`;
  if (of_the_text.has(status)) return { type: "refused", reason, trouble: "gateway" };
  if (not_now.has(status)) return { type: "not-taken", reason, trouble: "gateway" };
  // It may have broken after it took the text.
  if (status >= 500) return { type: "unknown", reason, trouble: "gateway" };
  return { type: "not-taken", reason, trouble: "account" };
}
