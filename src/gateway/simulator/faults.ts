import type { FastifyReply } from "fastify";

/** What may be wrong with one answer to a send (africas-talking.md, trap 14). */
export interface Fault {
  readonly answer: FaultName;
  /** Whether the text reached the phone all the same. */
  readonly delivers: boolean;
}

export type FaultName = keyof typeof faultAnswers;

interface Send {
  readonly to: string;
  readonly id: string;
}

type Answer = (reply: FastifyReply, send: Send) => FastifyReply | PromiseLike<unknown>;

const refusal = (Message: string): object => ({ SMSMessageData: { Message, Recipients: [] } });

/** An answer that names the recipient: taken when it has an id, else refused at no cost. */
const recipient = (
  { to, id }: Send,
  statusCode: number,
  status: string,
  taken: boolean,
): object => ({
  SMSMessageData: {
    Message: taken ? "Sent to 1/1 Total Cost: KES 0.8000" : "Sent to 0/1 Total Cost: 0",
    Recipients: [
      {
        statusCode,
        number: to,
        status,
        cost: taken ? "KES 0.8000" : "0",
        messageId: taken ? id : "None",
      },
    ],
  },
});

const refused =
  (statusCode: number, status: string): Answer =>
  (reply, send) =>
    reply.code(201).send(recipient(send, statusCode, status, false));

const taken =
  (statusCode: number, status: string): Answer =>
  (reply, send) =>
    reply.code(201).send(recipient(send, statusCode, status, true));

const status =
  (code: number, body: string): Answer =>
  (reply) =>
    reply.code(code).type("text/plain").send(body);

/** As the provider answers when all is well. */
export const accepts: Answer = taken(101, "Success");

/** The answers by name; each ends the request in its own way. */
export const faultAnswers = {
  // Taken, but not as usual.
  processed: taken(100, "Processed"),
  "queued-there": taken(102, "Queued"),
  // Every recipient code there is.
  "risk-hold": refused(401, "RiskHold"),
  "bad-sender": refused(402, "InvalidSenderId"),
  "bad-number": refused(403, "InvalidPhoneNumber"),
  "unsupported-number": refused(404, "UnsupportedNumberType"),
  "no-balance": refused(405, "InsufficientBalance"),
  blacklisted: refused(406, "UserInBlacklist"),
  "no-route": refused(407, "CouldNotRoute"),
  "do-not-disturb": refused(409, "DoNotDisturbRejection"),
  "server-error": refused(500, "InternalServerError"),
  "gateway-error": refused(501, "GatewayError"),
  rejected: refused(502, "RejectedByGateway"),
  "no-id": refused(101, "Success"),
  // A 201 that is no answer.
  "no-recipients": (reply) => reply.code(201).send(refusal("InvalidSenderId")),
  "none-left": (reply) => reply.code(201).send(refusal("InsufficientBalance")),
  "out-of-service": (reply) => reply.code(201).send(refusal("The service is unavailable")),
  html: (reply) => reply.code(201).type("text/html").send("<html>busy</html>"),
  empty: (reply) => reply.code(201).send(),
  "a-string": (reply) => reply.code(201).type("application/json").send('"Sent"'),
  // Other statuses.
  "ok-200": (reply) => reply.code(200).send(refusal("Processed")),
  unauthorized: status(401, "The supplied authentication is invalid"),
  forbidden: status(403, "not from this address"),
  "not-found": status(404, "nothing is here"),
  "bad-request": status(400, "must have required property 'to'"),
  "too-many": status(429, "slow down"),
  broken: status(500, "oops"),
  "bad-gateway": status(502, "no"),
  busy: status(503, "later"),
  "gateway-timeout": status(504, "late"),
  redirect: (reply) => reply.redirect("http://127.0.0.1:1/elsewhere", 302),
  // No answer at all.
  reset: (reply) => {
    reply.raw.destroy();
    return reply.hijack();
  },
  // The caller's time-out ends it.
  hang: (reply) => reply.hijack(),
} satisfies Record<string, Answer>;

/** Answers by which a text counts as taken by the provider. */
export const takenAnswers: ReadonlySet<FaultName> = new Set(["processed", "queued-there"]);

export const isFaultName = (name: string): name is FaultName => name in faultAnswers;
