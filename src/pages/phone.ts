import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { join } from "node:path";

/** Who can be played with the phone in the browser, and where it posts to. */
export interface PhonePage {
  readonly callbacks: string;
  readonly simulator: string;
  readonly communities: readonly object[];
  readonly people: readonly object[];
}

// Everything the page loads is its own.
const policy = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'";

/** `/phone`: a feature phone in the browser, for demonstrations and training. Demo mode only. */
export async function phonePage(app: FastifyInstance, page: PhonePage): Promise<void> {
  app.addHook("onSend", (_request, reply, payload, done) => {
    reply.header("content-security-policy", policy).header("x-content-type-options", "nosniff");
    done(null, payload);
  });
  await app.register(fastifyStatic, {
    root: join(import.meta.dirname, "phone"),
    prefix: "/phone/",
    cacheControl: false,
  });
  app.get("/phone", (_request, reply) => reply.sendFile("index.html"));
  app.get("/phone/people.json", () => page);
  app.get("/", (_request, reply) => reply.redirect("/phone"));
}
