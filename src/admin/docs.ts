import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { docsPage, type Document } from "./docs-page.ts";

// No script at all, and nothing from elsewhere.
const policy =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const style = readFileSync(join(import.meta.dirname, "docs.css"), "utf8");

/** `/admin/docs`: the OpenAPI document as a page to read, on a small screen too and without a network. */
// eslint-disable-next-line @typescript-eslint/require-await -- a Fastify plugin is async
export async function docs(app: FastifyInstance): Promise<void> {
  app.addHook("onSend", (_request, reply, payload, done) => {
    reply.headers({
      "content-security-policy": policy,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    done(null, payload);
  });
  let page: string | undefined;
  app.get("/admin/docs", { schema: { hide: true } }, (_request, reply) => {
    // The routes are all there once the app is; they do not change after that.
    // Its types allow all of OpenAPI; what is written is what zod writes.
    page ??= docsPage(app.swagger() as unknown as Document);
    return reply.type("text/html; charset=utf-8").send(page);
  });
  app.get("/admin/docs.css", { schema: { hide: true } }, (_request, reply) =>
    reply.type("text/css; charset=utf-8").send(style),
  );
}
