import formbody from "@fastify/formbody";
import type { FastifyInstance, FastifyReply } from "fastify";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { faultAnswers, type Fault } from "./faults.ts";

/** One text that reached a phone. */
export interface Received {
  readonly seq: number;
  readonly direction: "to-phone";
  readonly other: string;
  readonly text: string;
  readonly at: string;
}

/** Africa's Talking as the service sees it, with phones in memory behind it. */
export interface Simulator {
  /** Texts that reached a phone, oldest first. */
  readonly inbox: (phone: string) => readonly Received[];
  /** The next texts to a phone meet these faults, one each. */
  readonly failNext: (phone: string, ...faults: Fault[]) => void;
  /** Its HTTP side, to be registered under a prefix or listened to by itself. */
  readonly routes: (app: FastifyInstance) => Promise<void>;
}

/** Most texts one phone keeps, and most phones: a demo left running must not grow without end. */
const inbox_max = 200;
const phones_max = 10_000;

const sendFields = z.object({
  username: z.string(),
  to: z.string(),
  message: z.string(),
  from: z.string().optional(),
});

/**
 * Makes a simulator.
 * @param report is handed each delivery report, as form fields for the service's callback.
 */
export function makeSimulator(spec: {
  readonly now: () => Date;
  readonly short_code: string;
  /** Whether anybody may read any phone's texts over HTTP: for a demo's phone page alone. */
  readonly open_inbox: boolean;
  readonly report: (fields: Readonly<Record<string, string>>) => Promise<void>;
  readonly onError: (error: unknown) => void;
}): Simulator {
  const inboxes = new Map<string, Received[]>();
  const faults = new Map<string, Fault[]>();
  let seq = 0;

  const deliver = (to: string, from: string, text: string): void => {
    if (!inboxes.has(to) && inboxes.size >= phones_max) inboxes.clear();
    seq += 1;
    const received = {
      seq,
      direction: "to-phone",
      other: from,
      text,
      at: spec.now().toISOString(),
    };
    const kept = (inboxes.get(to) ?? []).slice(1 - inbox_max);
    inboxes.set(to, [...kept, received as Received]);
  };

  const send = async (body: unknown, reply: FastifyReply): Promise<FastifyReply> => {
    const { to, message, from } = sendFields.parse(body);
    const fault = faults.get(to)?.shift();
    const id = `ATXid_${randomBytes(16).toString("hex")}`;
    if (fault === undefined || fault.delivers) deliver(to, from ?? spec.short_code, message);
    if (fault !== undefined) return await faultAnswers[fault.answer](reply, { to, id });
    // As with the provider, the report may be there before the answer to the send.
    spec
      .report({ id, status: "Success", phoneNumber: to, networkCode: "63902" })
      .catch(spec.onError);
    return await reply.code(201).send(acceptance(to, id));
  };

  return {
    inbox: (phone) => inboxes.get(phone) ?? [],
    failNext: (phone, ...next) => {
      faults.set(phone, [...(faults.get(phone) ?? []), ...next]);
    },
    routes: async (app) => {
      await app.register(formbody, { bodyLimit: 64 * 1024 });
      app.post("/version1/messaging", (request, reply) => send(request.body, reply));
      if (!spec.open_inbox) return;
      app.get<{ Params: { phone: string }; Querystring: { after?: string } }>(
        "/phones/:phone/messages",
        ({ params, query }) => {
          const after = Number(query.after ?? 0);
          const messages = inboxes.get(params.phone) ?? [];
          return { messages: messages.filter((message) => message.seq > after) };
        },
      );
    },
  };
}

const acceptance = (number: string, messageId: string): object => ({
  SMSMessageData: {
    Message: "Sent to 1/1 Total Cost: KES 0.8000",
    Recipients: [{ statusCode: 101, number, status: "Success", cost: "KES 0.8000", messageId }],
  },
});
