import formbody from "@fastify/formbody";
import type { FastifyInstance, FastifyReply } from "fastify";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { controls } from "./control.ts";
import { dial, type Dialling, type TurnFault } from "./dialling.ts";
import { accepts, faultAnswers, takenAnswers, type Fault } from "./faults.ts";
import { makeMischief, type Misbehaviour } from "./misbehaviour.ts";
import { makePhones, type Received } from "./phones.ts";
import type { Post } from "./post.ts";
import { sendReports, type ReportPlan } from "./reports.ts";
import { makeTally, type Tally } from "./tally.ts";
import { deliverText, redeliver_ms, type Outgoing } from "./texting.ts";

export type { Received } from "./phones.ts";

/** Africa's Talking as the service sees it, with phones in memory behind it. */
export interface Simulator {
  /** Texts that reached a phone, oldest first. */
  readonly inbox: (phone: string) => readonly Received[];
  /** The next texts to a phone meet these faults, one each. */
  readonly failNext: (phone: string, ...faults: Fault[]) => void;
  /** The next texts that reach a phone are reported in these ways, one each. */
  readonly reportNext: (phone: string, ...plans: ReportPlan[]) => void;
  /** From now on a share of all sends fails by chance; undefined ends it. */
  readonly misbehave: (how: Misbehaviour | undefined) => void;
  readonly tally: () => Tally;
  /** A phone sends a text; it is delivered until the service answers 200. @returns how often. */
  readonly text: (text: Outgoing) => Promise<number>;
  /** A phone dials, through a network that may do to each turn what it likes. */
  readonly dial: (phone: string, service_code: string, fault?: TurnFault) => Promise<Dialling>;
  /** Its HTTP side, to be registered under a prefix or listened to by itself. */
  readonly routes: (app: FastifyInstance) => Promise<void>;
  /** Delivers nothing again any more. */
  readonly stop: () => void;
}

const sendFields = z.object({
  username: z.string(),
  to: z.string(),
  message: z.string(),
  from: z.string().optional(),
});

/**
 * Makes a simulator.
 * @param post hands a form to one of the service's callbacks.
 */
export function makeSimulator(spec: {
  readonly now: () => Date;
  readonly short_code: string;
  /** Whether anybody may read any phone's texts and set faults over HTTP: for a demo alone. */
  readonly open_inbox: boolean;
  readonly post: Post;
  readonly redeliver_ms?: number | undefined;
  readonly onError: (error: unknown) => void;
}): Simulator {
  const phones = makePhones(spec.now);
  const mischief = makeMischief();
  const counting = makeTally();
  const stopped = new AbortController();

  const send = async (body: unknown, reply: FastifyReply): Promise<unknown> => {
    const { to, message, from } = sendFields.parse(body);
    const fault = mischief.takeFault(to);
    const id = `ATXid_${randomBytes(16).toString("hex")}`;
    const delivers = fault?.delivers ?? true;
    const accepted = fault === undefined || takenAnswers.has(fault.answer);
    counting.count({ to, text: message, accepted, delivers });
    if (delivers) {
      phones.deliver(to, from ?? spec.short_code, message);
      // As with the provider, the report may be there before the answer to the send.
      await sendReports(spec, { to, id }, mischief.takePlan(to));
    }
    const answer = fault === undefined ? accepts : faultAnswers[fault.answer];
    return await answer(reply, { to, id });
  };

  const simulator: Simulator = {
    inbox: phones.inbox,
    failNext: mischief.failNext,
    reportNext: mischief.reportNext,
    misbehave: mischief.misbehave,
    tally: counting.tally,
    text: (text) =>
      deliverText(
        {
          post: spec.post,
          now: spec.now,
          every_ms: spec.redeliver_ms ?? redeliver_ms,
          stop: stopped.signal,
        },
        text,
      ),
    dial: (phone, service_code, fault) => dial(spec.post, phone, service_code, fault),
    routes: async (app) => {
      await app.register(formbody, { bodyLimit: 64 * 1024 });
      app.post("/version1/messaging", (request, reply) => send(request.body, reply));
      if (!spec.open_inbox) return;
      app.get<{ Params: { phone: string }; Querystring: { after?: string } }>(
        "/phones/:phone/messages",
        ({ params, query }) => {
          const after = Number(query.after ?? 0);
          const messages = phones.inbox(params.phone);
          return { messages: messages.filter((message) => message.seq > after) };
        },
      );
      await app.register(controls, { prefix: "/control", simulator });
    },
    stop: () => stopped.abort(),
  };
  return simulator;
}
