import { hkdfSync } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Whose } from "../domain/admin-keys.ts";
import { forbidden, problem, sendProblem, type Problem } from "./problems.ts";

/** Who calls the admin API. */
export interface Caller {
  readonly key_id: string;
  readonly whose: Whose;
  /** As the audit log names them. */
  readonly actor: `key:${string}`;
  /** A key for one purpose, which only the holder of the admin key can derive again. */
  readonly derive: (purpose: string) => Buffer;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set before any route is reached. */
    caller: Caller | undefined;
  }
}

/** Counts what a caller did; answers with seconds to wait once it was too much. */
export interface Limits {
  /** Calls with this key. */
  readonly calls: (request: FastifyRequest) => Promise<number | undefined>;
  /** Wrong keys from this address. A right one is let in whatever its neighbours do. */
  readonly wrongKeys: (request: FastifyRequest) => Promise<number | undefined>;
}

export type FindKey = (key: string) => Promise<{ id: string; whose: Whose } | undefined>;

/** Asks every request for a key, before anything else is looked at. */
export function askForKey(app: FastifyInstance, findKey: FindKey, limits: Limits): void {
  app.decorateRequest("caller", undefined);
  app.addHook("onRequest", async (request, reply) => {
    const caller = await callerOf(request, findKey);
    if (caller === undefined) {
      const waits_s = await limits.wrongKeys(request);
      if (waits_s !== undefined)
        return await sendProblem(reply.header("retry-after", waits_s), too_many("wrong keys"));
      reply.header("www-authenticate", 'Bearer realm="admin"');
      return await sendProblem(reply, key_wanted);
    }
    request.caller = caller;
    const busy_s = await limits.calls(request);
    if (busy_s !== undefined)
      return await sendProblem(reply.header("retry-after", busy_s), too_many("calls"));
    return undefined;
  });
}

async function callerOf(request: FastifyRequest, findKey: FindKey): Promise<Caller | undefined> {
  const [scheme, key] = (request.headers.authorization ?? "").split(" ");
  if (scheme?.toLowerCase() !== "bearer" || key === undefined || key === "") return undefined;
  const found = await findKey(key);
  if (found === undefined) return undefined;
  return {
    key_id: found.id,
    whose: found.whose,
    actor: `key:${found.id}`,
    derive: (purpose) => Buffer.from(hkdfSync("sha256", key, "", purpose, 32)),
  };
}

/** Refuses whoever is not the overseer. */
export const overseerOnly = ({ whose }: Caller): Problem | undefined =>
  whose.kind === "overseer"
    ? undefined
    : forbidden("Only the overseer can do that", "Ask Asia Initiatives, or use an overseer's key.");

const key_wanted = problem(401, "An admin key is wanted", {
  in: "header",
  field: "authorization",
  detail: "Send Authorization: Bearer <key>.",
});

const too_many = (what: string): Problem =>
  problem(429, `Too many ${what}`, {
    in: "header",
    field: "authorization",
    detail: "Wait for as many seconds as Retry-After says.",
  });
