import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
} from "fastify";
import { callbacks, type Callbacks } from "./callbacks.ts";

/** What `/readyz` asks: each name with what is wrong, or null. */
export type Readiness = () => Promise<Readonly<Record<string, string | null>>>;

/** The HTTP side without listening, so that tests can inject. Further plugins are the caller's. */
export async function buildApp(options: {
  readonly log: FastifyBaseLogger;
  /** Absent in a process that only works the queue. */
  readonly callbacks: Callbacks | undefined;
  readonly readiness: Readiness;
  /**
   * What else `/readyz` tells, and is no reason to be unready: a gateway that takes no texts is not
   * mended by taking this process out of service, and USSD works without it.
   */
  readonly degraded?: Readiness;
}): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: options.log,
    // Its own lines would hold whole paths, and so the callback secret.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 64 * 1024,
    requestTimeout: 15_000,
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
  app.addHook("onResponse", (request, reply, done) => {
    const { method, routeOptions } = request;
    const took_ms = Math.round(reply.elapsedTime);
    request.log.debug(
      { method, route: routeOptions.url, status: reply.statusCode, took_ms },
      "http",
    );
    done();
  });
  closeWithoutLingering(app);
  app.setNotFoundHandler((_request, reply) => reply.code(404).send());
  if (options.callbacks) await app.register(callbacks, options.callbacks);
  app.get("/healthz", () => ({ status: "up" }));
  app.get("/readyz", async (_request, reply) => {
    const needed = await options.readiness();
    const ready = Object.values(needed).every((wrong) => wrong === null);
    const detail = { ...needed, ...(await options.degraded?.()) };
    return await reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? "ready" : "not ready", detail });
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
