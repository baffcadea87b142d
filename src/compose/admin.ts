import type { FastifyInstance } from "fastify";
import { Redis } from "ioredis";
import { admin } from "../admin/app.ts";
import { NoConnection } from "../db/database.ts";
import type { House } from "./house.ts";
import type { Parts } from "./parts.ts";
import { sameSecret } from "./same-secret.ts";

/** Adds the admin API. */
export async function addAdmin(app: FastifyInstance, house: House): Promise<void> {
  const { parts, say, pepper, db, nudge, gates, metrics } = house;
  const { admin_key, now } = parts;
  const isBootstrap = (key: string): boolean =>
    admin_key !== undefined && sameSecret(key, admin_key);
  const redis = limitsRedis(app, parts);
  const enter = async () => {
    const leave = await gates.admin.enter();
    if (leave === undefined) metrics.shed("admin");
    return leave;
  };
  await app.register(admin, {
    ...{ db, now, say, pepper, nudge, isBootstrap, redis, enter },
    isAway: (error) => error instanceof NoConnection,
  });
}

/** Where calls of the admin API are counted, when there is a Redis. One that is away is not waited for. */
function limitsRedis(app: FastifyInstance, { queue, log }: Parts): Redis | undefined {
  if (queue.kind !== "redis") return undefined;
  const redis = new Redis(queue.url, { maxRetriesPerRequest: 1, commandTimeout: 500 });
  redis.on("error", (error: unknown) => log.warn({ err: error }, "calls are not counted"));
  app.addHook("onClose", () => redis.disconnect());
  return redis;
}
