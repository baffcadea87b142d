import type { FastifyReply } from "fastify";

/** What may be wrong with one answer to a send (africas-talking.md, trap 14). */
export interface Fault {
  readonly answer: keyof typeof faultAnswers;
  /** Whether the text reached the phone all the same. */
  readonly delivers: boolean;
}

interface Send {
  readonly to: string;
  readonly id: string;
}

const refusal = (Message: string): object => ({ SMSMessageData: { Message, Recipients: [] } });

const recipient = (statusCode: number, status: string, number: string): object => ({
  SMSMessageData: {
    Message: "Sent to 0/1 Total Cost: 0",
    Recipients: [{ statusCode, number, status, cost: "0", messageId: "None" }],
  },
});

/** The answers by name; each ends the request in its own way. */
export const faultAnswers = {
  "no-recipients": (reply: FastifyReply) => reply.code(201).send(refusal("InvalidSenderId")),
  blacklisted: (reply: FastifyReply, { to }: Send) =>
    reply.code(201).send(recipient(406, "UserInBlacklist", to)),
  "no-balance": (reply: FastifyReply, { to }: Send) =>
    reply.code(201).send(recipient(405, "InsufficientBalance", to)),
  html: (reply: FastifyReply) => reply.code(201).type("text/html").send("<html>busy</html>"),
  empty: (reply: FastifyReply) => reply.code(201).send(),
  "ok-200": (reply: FastifyReply) => reply.code(200).send(refusal("Processed")),
  unauthorized: (reply: FastifyReply) =>
    reply.code(401).type("text/plain").send("The supplied authentication is invalid"),
  "too-many": (reply: FastifyReply) => reply.code(429).send("slow down"),
  broken: (reply: FastifyReply) => reply.code(500).send("oops"),
  "gateway-timeout": (reply: FastifyReply) => reply.code(504).send("late"),
  redirect: (reply: FastifyReply) => reply.redirect("http://127.0.0.1:1/elsewhere", 302),
  reset: (reply: FastifyReply) => {
    reply.raw.destroy();
    return reply.hijack();
  },
  // The caller's time-out ends it.
  hang: (reply: FastifyReply) => reply.hijack(),
} satisfies Record<
  string,
  (reply: FastifyReply, send: Send) => FastifyReply | PromiseLike<unknown>
>;
