import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { whoseKey } from "../domain/admin-keys.ts";
import { docs } from "./docs.ts";
import { askForKey, type FindKey } from "./caller.ts";
import { countCalls } from "./limits.ts";
import { describeRoutes } from "./openapi.ts";
import { problem, problemOf, sendProblem } from "./problems.ts";
import { bootstrap_key_id } from "./repeats.ts";
import type { House } from "./route.ts";
import { activity } from "./routes/activity.ts";
import { auditLog } from "./routes/audit.ts";
import { memberBook } from "./routes/book.ts";
import { communities } from "./routes/communities.ts";
import { disputes } from "./routes/disputes.ts";
import { keys } from "./routes/keys.ts";
import { ledger } from "./routes/ledger.ts";
import { members } from "./routes/members.ts";
import { menuRoutes } from "./routes/menus.ts";
import { messages } from "./routes/messages.ts";
import { personalData } from "./routes/personal-data.ts";
import { proposals } from "./routes/proposals.ts";
import { reports } from "./routes/reports.ts";
import { watching } from "./routes/watching.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Gives back the place that the request has among those that are worked on. */
    leave: (() => void) | undefined;
  }
}

export interface AdminOptions extends Omit<House, "app"> {
  /** Whether a key is the overseer's bootstrap key. */
  readonly isBootstrap: (key: string) => boolean;
  /** Lets so many calls in at a time; undefined for one that is turned away, else what ends it. */
  readonly enter: () => Promise<(() => void) | undefined>;
  /** Whether an error says that the database could not be asked now. */
  readonly isAway: (error: unknown) => boolean;
  /** Where calls are counted for all processes together; in process when absent. */
  readonly redis: object | undefined;
}

/** The admin API, `/admin/v1`, and the page that describes it, `/admin/docs`. */
export async function admin(app: FastifyInstance, options: AdminOptions): Promise<void> {
  await describeRoutes(app);
  await app.register(docs);
  await app.register((inner) => api(inner, options), { prefix: "/admin/v1" });
}

// Every error is a problem document (RFC 9457).
async function api(app: FastifyInstance, options: AdminOptions): Promise<void> {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const known = problemOf(error);
    if (known !== undefined) return sendProblem(reply, known);
    request.log.error({ err: error }, "admin request failed");
    if (options.isAway(error)) return sendProblem(reply.header("retry-after", 2), away);
    return sendProblem(reply, unsure);
  });
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, no_such_route));
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  await app.register((inner) => routes(inner, options));
}

// Inside, every request is asked for a key.
async function routes(app: FastifyInstance, options: AdminOptions): Promise<void> {
  app.decorateRequest("leave", undefined);
  app.addHook("onRequest", letIn(options));
  app.addHook("preParsing", endWhereNobodyWaits);
  app.addHook("onSend", (request, _reply, payload, done) => {
    request.leave?.();
    request.leave = undefined;
    done(null, payload);
  });
  const house: House = { ...options, app };
  askForKey(app, findKey(options), await countCalls(app, options.redis));
  app.decorateRequest("community", undefined);
  for (const add of [
    ...[activity, auditLog, communities, keys, ledger],
    ...[members, memberBook, personalData, menuRoutes, messages, proposals, reports],
    ...[disputes, watching],
  ])
    add(house);
}

/** Before the key is looked up: that is a question to the database as well. */
const letIn =
  ({ enter }: AdminOptions) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    request.leave = await enter();
    if (request.leave === undefined)
      return await sendProblem(reply.header("retry-after", 2), too_busy);
    return undefined;
  };

/**
 * A place is given back with the answer, whether anybody still waits for it or not: what was asked
 * goes on when its caller hangs up. A body is never read to its end from one who has gone, so without
 * this there would be no answer.
 */
const endWhereNobodyWaits = async (
  _request: FastifyRequest,
  reply: FastifyReply,
): Promise<undefined> => {
  if (reply.raw.closed) await sendProblem(reply, nobody_waits);
};

const nobody_waits = problem(400, "The caller has gone", {
  in: "body",
  field: "",
  detail: "Nothing was done.",
});

const too_busy = problem(503, "There is too much to do", {
  in: "path",
  field: "",
  detail: "Nothing was done. Wait for as many seconds as Retry-After says.",
});

const findKey =
  ({ isBootstrap, db, now }: AdminOptions): FindKey =>
  async (key) =>
    isBootstrap(key)
      ? { id: bootstrap_key_id, whose: { kind: "overseer" } }
      : await whoseKey(db, key, now());

const no_such_route = problem(404, "No such route", {
  in: "path",
  field: "",
  detail: "See /admin/docs.",
});

const nobody_knows = {
  in: "path",
  field: "",
  detail:
    "It may or may not have been done. Ask again under the same Idempotency-Key: it is not done " +
    "twice. Without one, look first.",
} as const;
const unsure = problem(500, "Something went wrong", nobody_knows);
const away = problem(503, "The database does not answer", nobody_knows);
