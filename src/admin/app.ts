import type { FastifyInstance, FastifyReply } from "fastify";
import { verifyBooks } from "../domain/books.ts";
import { communityBySlug } from "../domain/communities.ts";

export interface AdminOptions {
  readonly db: Parameters<typeof communityBySlug>[0];
  /** Whether a key is the overseer's. */
  readonly isOverseer: (key: string) => boolean;
}

/** The admin API, `/admin/v1`. Every error is a problem document (RFC 9457). */
// eslint-disable-next-line @typescript-eslint/require-await -- a Fastify plugin is async
export async function admin(app: FastifyInstance, { db, isOverseer }: AdminOptions): Promise<void> {
  app.addHook("onRequest", async (request, reply) => {
    const [scheme, key] = (request.headers.authorization ?? "").split(" ");
    if (scheme === "Bearer" && key !== undefined && isOverseer(key)) return;
    reply.header("www-authenticate", 'Bearer realm="admin"');
    return await problem(reply, 401, "An admin key is wanted", "Send Authorization: Bearer <key>.");
  });
  app.setErrorHandler((error, request, reply) => {
    request.log.error({ err: error }, "admin request failed");
    return problem(reply, 500, "Something went wrong", "Nothing was changed. Please try again.");
  });
  app.setNotFoundHandler((_request, reply) =>
    problem(reply, 404, "No such route", "See the README."),
  );

  app.get<{ Params: { community: string } }>(
    "/communities/:community/ledger/verify",
    async ({ params }, reply) => {
      const community = await communityBySlug(db, params.community);
      if (community === undefined)
        return await problem(reply, 404, "No such community", "Check the name in the address.");
      return await verifyBooks(db, community);
    },
  );
}

const problem = (
  reply: FastifyReply,
  status: number,
  title: string,
  detail: string,
): FastifyReply =>
  reply
    .code(status)
    .type("application/problem+json")
    .send({ type: "about:blank", title, status, detail });
