import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Limits } from "./caller.ts";
import { problem, type Problem } from "./problems.ts";

/** A script may do ten things a second; a person never notices. */
const calls_max = 600;
/**
 * Nobody guesses 256 random bits: this tells whoever goes on with an old key to stop. It spares the
 * database nothing, which alone knows whether a key is a right one, and a right one is let in whatever
 * came from its address before; what spares it is how many calls are let in at a time.
 */
const wrong_keys_max = 30;
const window_ms = 60_000;
/** Keys and addresses that are remembered in process. */
const remembered_max = 10_000;

/**
 * Counts calls by key and wrong keys by address, over the last minute.
 * @param redis an ioredis connection, so that all processes count together; in process when absent.
 * A Redis that does not answer limits nobody: the programme goes on.
 */
export async function countCalls(app: FastifyInstance, redis: object | undefined): Promise<Limits> {
  await app.register(rateLimit, {
    global: false,
    timeWindow: window_ms,
    cache: remembered_max,
    skipOnError: true,
    nameSpace: "soccs-admin-",
    ...(redis === undefined ? {} : { redis }),
  });
  const calls = app.createRateLimit({
    max: calls_max,
    keyGenerator: ({ caller }: FastifyRequest) => `key:${caller?.key_id ?? ""}`,
  });
  const wrongKeys = app.createRateLimit({
    max: wrong_keys_max,
    keyGenerator: ({ ip }: FastifyRequest) => `address:${ip}`,
  });
  return {
    calls: async (request) => waitOf(await calls(request)),
    wrongKeys: async (request) => waitOf(await wrongKeys(request)),
  };
}

type Counted = Awaited<ReturnType<ReturnType<FastifyInstance["createRateLimit"]>>>;

/** Seconds to wait, once it was too much. */
const waitOf = (counted: Counted): number | undefined =>
  counted.isAllowed || !counted.isExceeded ? undefined : counted.ttlInSeconds;

/**
 * Keeps costly work to so many at once in this process.
 * @returns what does the work; undefined, with nothing begun, while so many are under way.
 */
export function atMost(
  together_max: number,
): <T>(work: () => Promise<T>) => Promise<T | undefined> {
  let under_way = 0;
  return async (work) => {
    if (under_way >= together_max) return undefined;
    under_way += 1;
    try {
      return await work();
    } finally {
      under_way -= 1;
    }
  };
}

/** What is answered while so many are under way. */
export const tooManyAtOnce = (what: string): Problem => ({
  ...problem(429, `Too many ${what} at once`, {
    in: "path",
    field: "",
    detail: "Ask again in a minute: others are being made.",
  }),
  retry_after_s: 60,
});
