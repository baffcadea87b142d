import formbody from "@fastify/formbody";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Inbound } from "../sms/inbound.ts";
import type { Call } from "../ussd/turn.ts";
import { complaintOf, deliveryFields, optOutFields, smsFields, ussdFields } from "./fields.ts";

/** What the callbacks lead to, and what is said when they cannot. */
export interface Callbacks {
  /** Whether the path holds the secret: all that shows a callback to be the gateway's. */
  readonly isSecret: (given: string) => boolean;
  readonly takeTurn: (call: Call) => Promise<string>;
  readonly takeText: (inbound: Inbound) => Promise<string>;
  readonly takeReport: (report: z.infer<typeof deliveryFields>) => Promise<void>;
  readonly takeOptOut: (optOut: z.infer<typeof optOutFields>) => Promise<unknown>;
  /** A screen that ends the call. */
  readonly apologise: (why: Apology) => string;
  /** Whether an error leaves open if the act was done. */
  readonly isUncertain: (error: unknown) => boolean;
}

/** Not understood; certainly nothing done; or nobody here can say, so look before trying again. */
export type Apology = "unreadable" | "nothing-taken" | "unsure";

/** The gateway hangs up after 10 s; whoever is still working then is not heard. */
const turn_deadline_ms = 8_000;
const body_bytes_max = 16 * 1024;

/** The gateway's callbacks, under `/at/<secret>`. A wrong secret is 404 with an empty body. */
export async function callbacks(app: FastifyInstance, options: Callbacks): Promise<void> {
  await app.register(formbody, { bodyLimit: body_bytes_max });
  // Any other content type is read as no fields at all, rather than answered 415.
  app.addContentTypeParser(
    "*",
    { parseAs: "string", bodyLimit: body_bytes_max },
    (_r, _b, done) => {
      done(null, {});
    },
  );
  app.addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
    const { secret = "" } = request.params as { secret?: string };
    if (!options.isSecret(secret)) return await reply.code(404).send();
  });
  await app.register(ussd, options);
  await app.register(sms, options);
}

// Registered as plugins of their own, so that each answers its own errors in its own way.
// eslint-disable-next-line @typescript-eslint/require-await -- a Fastify plugin is async
async function ussd(app: FastifyInstance, options: Callbacks): Promise<void> {
  const end = (reply: FastifyReply, answer: string): FastifyReply =>
    reply.code(200).type("text/plain; charset=utf-8").send(answer);

  app.setErrorHandler((error, request, reply) => {
    request.log.warn({ why: nameOf(error) }, "USSD callback not understood");
    return end(reply, options.apologise("unreadable"));
  });

  app.all("/at/:secret/ussd", async (request, reply) => {
    const fields = ussdFields.safeParse(request.body);
    if (!fields.success) {
      request.log.warn({ why: complaintOf(fields.error) }, "USSD callback not understood");
      return await end(reply, options.apologise("unreadable"));
    }
    return await end(reply, await answerInTime(options, fields.data, request.log));
  });

  // An end event says that a menu ended, not that value moved, and its fields carry PINs: nothing
  // is read from it.
  app.all("/at/:secret/ussd/events", (_request, reply) => reply.code(200).send());
}

/** The turn's answer; or an apology when it fails or takes longer than the gateway waits. */
async function answerInTime(
  { takeTurn, apologise, isUncertain }: Callbacks,
  call: Call,
  log: FastifyBaseLogger,
): Promise<string> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => {
    log.error("USSD turn took too long");
    resolve(apologise("unsure"));
  }, turn_deadline_ms);
  const turn = takeTurn(call).catch((error: unknown) => {
    log.error({ err: error }, "USSD turn failed");
    return apologise(isUncertain(error) ? "unsure" : "nothing-taken");
  });
  try {
    return await Promise.race([turn, late]);
  } finally {
    clearTimeout(timer);
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a Fastify plugin is async
async function sms(app: FastifyInstance, options: Callbacks): Promise<void> {
  app.setErrorHandler((error, request, reply) => {
    // A client's mistake (too large, malformed) would be the same again; a fault of ours would not,
    // so the gateway is asked to deliver again.
    const ours = (error as { statusCode?: number }).statusCode === undefined;
    if (ours)
      request.log.error({ err: error }, "callback failed; the gateway will deliver it again");
    else request.log.warn({ why: nameOf(error) }, "callback not understood");
    return reply.code(ours ? 503 : 200).send();
  });

  const route = <T>(path: string, shape: z.ZodType<T>, take: (fields: T) => Promise<unknown>) =>
    app.all(path, async (request, reply) => {
      const fields = shape.safeParse(request.body);
      if (fields.success) await take(fields.data);
      else request.log.warn({ why: complaintOf(fields.error) }, "callback not understood");
      return await reply.code(200).send();
    });

  route("/at/:secret/sms", smsFields, options.takeText);
  route("/at/:secret/sms/delivery", deliveryFields, options.takeReport);
  route("/at/:secret/sms/opt-out", optOutFields, options.takeOptOut);
}

const nameOf = (error: unknown): string =>
  error instanceof Error ? ((error as { code?: string }).code ?? error.name) : "not an error";
