import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";

/** A server on a port of its own that counts what it is asked. */
export interface Provider {
  readonly url: string;
  /** The headers of every request, whatever its path. */
  readonly hits: readonly Readonly<Record<string, unknown>>[];
  readonly close: () => Promise<void>;
}

/** Listens with the routes given, under a prefix if there is one. */
export async function listenWith(
  routes: (app: FastifyInstance) => Promise<void>,
  prefix = "",
): Promise<Provider> {
  const app = Fastify({ forceCloseConnections: true });
  const hits: Readonly<Record<string, unknown>>[] = [];
  app.addHook("onRequest", (request, _reply, done) => {
    hits.push(request.headers);
    done();
  });
  await app.register(routes, { prefix });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { url: url + prefix, hits, close: () => app.close() };
}

/** A provider that answers everything in one way. */
export const alwaysAnswering = (
  answer: (reply: FastifyReply) => FastifyReply | Promise<FastifyReply>,
): Promise<Provider> =>
  listenWith((app) => {
    app.addContentTypeParser("*", { parseAs: "string" }, (_request, _body, done) => {
      done(null, {});
    });
    app.all("/*", (_request, reply) => answer(reply));
    return Promise.resolve();
  });
