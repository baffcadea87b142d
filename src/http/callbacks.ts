import formbody from "@fastify/formbody";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Inbound, TakenText } from "../sms/inbound.ts";
import type { Call, Taken } from "../ussd/turn.ts";
import { complaintOf, deliveryFields, optOutFields, smsFields, ussdFields } from "./fields.ts";
import type { Busy } from "./gate.ts";
import { masked } from "../trace/masked.ts";
import { tellSeldom, type Refusal } from "./refusals.ts";

/** What the callbacks lead to, and what is said when they cannot. */
export interface Callbacks {
  /** Whether callbacks may come from an address: asked before the secret is looked at. */
  readonly mayCome: (address: string) => boolean;
  /** Whether the path holds the secret: all that shows a callback to be the gateway's. */
  readonly isSecret: (given: string) => boolean;
  readonly takeTurn: (call: Call) => Promise<Taken | Busy>;
  readonly takeText: (inbound: Inbound) => Promise<TakenText | Busy>;
  readonly takeReport: (report: z.infer<typeof deliveryFields>) => Promise<Done | Busy>;
  readonly takeOptOut: (optOut: z.infer<typeof optOutFields>) => Promise<Done | Busy>;
  /** One was not taken. */
  readonly onRefused: (why: Refusal) => void;
  /** A screen that ends the call. */
  readonly apologise: (why: Apology) => string;
  /** Whether an error leaves open if the act was done. */
  readonly isUncertain: (error: unknown) => boolean;
}

interface Done {
  readonly outcome: "done";
}

/**
 * Not understood; too much to do; certainly nothing done; or nobody here can say, so look before
 * trying again.
 */
export type Apology = "unreadable" | "busy" | "nothing-taken" | "unsure";

/** What the log tells of a callback: nothing that was pressed or written, and no whole number. */
export interface Told {
  readonly outcome: string;
  readonly phone?: string;
  readonly flow?: string | undefined;
  readonly shown?: string | undefined;
  readonly command?: string | undefined;
  readonly answer?: string | undefined;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set for the gateway's callbacks alone. */
    told: Told | undefined;
  }
}

/** The gateway hangs up after 10 s; whoever is still working then is not heard. */
const turn_deadline_ms = 8_000;
const body_bytes_max = 16 * 1024;

/**
 * The gateway's callbacks, under `/at/<secret>`. A wrong secret, or an address that they do not come
 * from, is 404 with an empty body.
 */
export async function callbacks(app: FastifyInstance, options: Callbacks): Promise<void> {
  app.decorateRequest("told", undefined);
  await app.register(formbody, { bodyLimit: body_bytes_max });
  // Any other content type is read as no fields at all, rather than answered 415.
  app.addContentTypeParser(
    "*",
    { parseAs: "string", bodyLimit: body_bytes_max },
    (_r, _b, done) => {
      done(null, {});
    },
  );
  const tell = tellSeldom();
  app.addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
    const why = refusalOf(options, request);
    if (why === undefined) return undefined;
    tell(request, why);
    options.onRefused(why);
    return await reply.code(404).send();
  });
  app.addHook("onResponse", (request, _reply, done) => {
    if (request.told?.outcome === "unreadable") options.onRefused("unreadable");
    done();
  });
  await app.register(ussd, options);
  await app.register(sms, options);
  // With the secret, and yet none of ours: so the provider's dashboard has it wrong.
  app.all("/at/:secret/*", (request, reply) => {
    request.log.warn("no such callback");
    request.told = unreadable;
    return reply.code(404).send();
  });
}

function refusalOf(
  { mayCome, isSecret }: Callbacks,
  { ip, params }: FastifyRequest,
): Refusal | undefined {
  if (!mayCome(ip)) return "address";
  return isSecret((params as { secret: string }).secret) ? undefined : "secret";
}

// Registered as plugins of their own, so that each answers its own errors in its own way.
// eslint-disable-next-line @typescript-eslint/require-await -- a Fastify plugin is async
async function ussd(app: FastifyInstance, options: Callbacks): Promise<void> {
  const end = (reply: FastifyReply, answer: string): FastifyReply =>
    reply.code(200).type("text/plain; charset=utf-8").send(answer);

  app.setErrorHandler((error, request, reply) => {
    request.log.warn({ why: nameOf(error) }, "USSD callback not understood");
    request.told = unreadable;
    return end(reply, options.apologise("unreadable"));
  });

  app.all("/at/:secret/ussd", async (request, reply) => {
    const fields = ussdFields.safeParse(request.body);
    if (!fields.success) {
      request.log.warn({ why: complaintOf(fields.error) }, "USSD callback not understood");
      request.told = unreadable;
      return await end(reply, options.apologise("unreadable"));
    }
    const { answer, ...told } = await answerInTime(options, fields.data, request.log);
    request.told = { ...told, phone: masked(fields.data.phone) };
    return await end(reply, answer);
  });

  // An end event says that a menu ended, not that value moved, and its fields carry PINs: nothing
  // is read from it.
  app.all("/at/:secret/ussd/events", (request, reply) => {
    request.told = { outcome: "left-alone" };
    return reply.code(200).send();
  });
}

const unreadable: Told = { outcome: "unreadable" };

type Answered = { readonly answer: string } & Omit<Told, "answer">;

/** The turn's answer; or an apology when it fails or takes longer than the gateway waits. */
async function answerInTime(
  { takeTurn, apologise, isUncertain }: Callbacks,
  call: Call,
  log: FastifyBaseLogger,
): Promise<Answered> {
  const { promise: late, resolve } = Promise.withResolvers<Answered>();
  const timer = setTimeout(() => {
    log.error("USSD turn took too long");
    resolve({ outcome: "late", answer: apologise("unsure") });
  }, turn_deadline_ms);
  const turn = takeTurn(call).then(
    (taken): Answered =>
      taken.outcome === "busy" ? { ...taken, answer: apologise("busy") } : taken,
    (error: unknown): Answered => {
      log.error({ err: error }, "USSD turn failed");
      const why = isUncertain(error) ? "unsure" : "nothing-taken";
      return { outcome: "failed", answer: apologise(why) };
    },
  );
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
    request.told = ours ? { outcome: "failed" } : unreadable;
    return reply.code(ours ? 503 : 200).send();
  });

  const route = <T>(path: string, shape: z.ZodType<T>, take: (fields: T) => Promise<Told>) =>
    app.all(path, async (request, reply) => {
      const fields = shape.safeParse(request.body);
      if (fields.success) request.told = await take(fields.data);
      else {
        request.log.warn({ why: complaintOf(fields.error) }, "callback not understood");
        request.told = unreadable;
      }
      // What could not be taken now is asked for again by the way it is answered.
      return await reply.code(not_now.has(request.told.outcome) ? 503 : 200).send();
    });

  route("/at/:secret/sms", smsFields, async (inbound) => ({
    ...(await options.takeText(inbound)),
    phone: masked(inbound.sender),
  }));
  route("/at/:secret/sms/delivery", deliveryFields, options.takeReport);
  route("/at/:secret/sms/opt-out", optOutFields, options.takeOptOut);
}

const not_now: ReadonlySet<string> = new Set(["busy", "later"]);

const nameOf = (error: unknown): string =>
  error instanceof Error ? ((error as { code?: string }).code ?? error.name) : "not an error";
