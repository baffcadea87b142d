import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
} from "fastify";
import { inRequest, newRequestId } from "../trace/request.ts";
import { callbacks, type Callbacks } from "./callbacks.ts";

/** What `/readyz` asks: each name with what is wrong, or null. */
export type Readiness = () => Promise<Readonly<Record<string, string | null>>>;

/** docs/limits.md tells of each; a proxy before this should wait a little less long. */
const limits = {
  bodyLimit: 64 * 1024,
  /** From the first byte of a request to its last; its headers may take two thirds of it. */
  requestTimeout: 15_000,
  http: { headersTimeout: 10_000, maxHeaderSize: 8 * 1024 },
  /** A socket on which nothing moves. A recomputation of ten million entries takes some seconds. */
  connectionTimeout: 120_000,
  /** Longer than proxies keep a connection without using it, so that none is closed as it is used. */
  keepAliveTimeout: 75_000,
};
/** Beyond these a connection is refused: each holds memory, and none is needed by few proxies. */
const sockets_max = 2_000;

/** The HTTP side without listening, so that tests can inject. Further plugins are the caller's. */
export async function buildApp(options: {
  readonly log: FastifyBaseLogger;
  /** Absent in a process that only works the queue. */
  readonly callbacks: Callbacks | undefined;
  readonly readiness: Readiness;
  /** Whose word is taken for whom they speak for: addresses, CIDR ranges and proxy-addr's names. */
  readonly trusted_proxies: readonly string[];
  /** What `/readyz/service` asks: false from when this process was told to stop. */
  readonly takesCalls: () => boolean;
  /**
   * What else `/readyz` tells, and is no reason to be unready: a gateway that takes no texts is not
   * mended by taking this process out of service, and USSD works without it.
   */
  readonly degraded: Readiness;
  /** What `/metrics` tells. It is for the inside: a proxy should not publish it. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
}): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: options.log,
    genReqId: newRequestId,
    logController: new LogController({
      // Its own lines would hold whole paths, and so the callback secret.
      disableRequestLogging: true,
      requestIdLogLabel: "request_id",
    }),
    ...limits,
    trustProxy: options.trusted_proxies.length > 0 && [...options.trusted_proxies],
    // A caller who comes by a connection that was open before is answered to the end.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    // An address that fits no router reaches no plugin, and so nobody's own way of saying so.
    frameworkErrors: (error, _request, reply) => {
      const status = error.statusCode ?? 400;
      const detail = "The address cannot be read.";
      const errors = [{ in: "path", field: "", detail }];
      const problem = { type: "about:blank", title: "No such address", status, detail, errors };
      // Beside every route, so that no type says what may be answered.
      const answer = reply as FastifyReply;
      answer.code(status).type("application/problem+json").send(JSON.stringify(problem));
    },
  });
  app.server.maxConnections = sockets_max;
  // Here rather than earlier: reading a body forgets what it is read for.
  app.addHook("preValidation", (request, _reply, done) => inRequest(request.id, done));
  app.addHook("onResponse", (request, reply, done) => {
    const { method, routeOptions, told } = request;
    const took_ms = Math.round(reply.elapsedTime);
    const line = { route: routeOptions.url, status: reply.statusCode, ...told, took_ms };
    if (told !== undefined) request.log.info({ ...line, address: request.ip }, "callback");
    else request.log.debug({ method, ...line }, "http");
    done();
  });
  closeWithoutLingering(app);
  app.setNotFoundHandler((_request, reply) => reply.code(404).send());
  if (options.callbacks) await app.register(callbacks, options.callbacks);
  app.get("/healthz", () => ({ status: "up" }));
  app.get("/readyz", async (_request, reply) => {
    const needed = await options.readiness();
    const ready = Object.values(needed).every((wrong) => wrong === null);
    const detail = { ...needed, ...(await options.degraded()) };
    return await reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? "ready" : "not ready", detail });
  });
  // For a proxy before several processes: what all of them need alike is no reason to prefer one.
  app.get("/readyz/service", (_request, reply) => {
    const takes = options.takesCalls();
    return reply.code(takes ? 200 : 503).send({ status: takes ? "ready" : "is stopping" });
  });
  app.get("/metrics", async (_request, reply) => {
    const { type, text } = await options.metrics();
    return await reply.type(type).send(text);
  });
  return await app;
}

/** A connection kept alive after its last answer would hold up a stop for over a minute. */
function closeWithoutLingering(app: FastifyInstance): void {
  let closing = false;
  app.addHook("preClose", (done) => {
    closing = true;
    done();
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (closing) reply.header("connection", "close");
    done(null, payload);
  });
}
