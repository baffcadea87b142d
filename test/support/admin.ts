import { expect } from "vitest";
import { admin_key, type World } from "./world.ts";

/** One caller of the admin API, by their key. */
export interface Admin {
  readonly get: (path: string, headers?: Headers) => Call;
  readonly post: (path: string, body?: object, headers?: Headers) => Call;
  readonly patch: (path: string, body: object, headers?: Headers) => Call;
}

export interface Call {
  /** It was answered with this status and at least this; an error always with a problem document. */
  readonly gives: (status: number, body?: object) => Promise<unknown>;
  readonly answer: () => Promise<Answer>;
}

type Headers = Readonly<Record<string, string>>;
type Answer = Awaited<ReturnType<World["service"]["app"]["inject"]>>;

/** The overseer with the bootstrap key. */
export const overseer = (world: World): Admin => adminOf(world, admin_key);

export function adminOf(world: Pick<World, "service">, key: string): Admin {
  const ask = (
    method: "GET" | "POST" | "PATCH",
    path: string,
    body: object | undefined,
    headers: Headers,
  ): Call => {
    const answer = async (): Promise<Answer> =>
      await world.service.app.inject({
        method,
        url: `/admin/v1${path}`,
        headers: { authorization: `Bearer ${key}`, ...headers },
        ...(body && { payload: body }),
      });
    return {
      answer,
      gives: async (status, wanted = {}) => {
        const given = await answer();
        expect(given.statusCode, `${method} ${path}: ${given.body}`).toBe(status);
        const problem = status >= 400 ? "application/problem+json" : "application/json";
        expect(given.headers["content-type"]).toContain(problem);
        const found = given.json<unknown>();
        expect(found).toMatchObject(wanted);
        return found;
      },
    };
  };
  return {
    get: (path, headers = {}) => ask("GET", path, undefined, headers),
    post: (path, body, headers = {}) => ask("POST", path, body, headers),
    patch: (path, body, headers = {}) => ask("PATCH", path, body, headers),
  };
}

/** A partner's key, made by the overseer. */
export async function keyFor(world: World, partner: string): Promise<string> {
  const { key } = (await overseer(world).post("/keys", { name: partner, partner }).gives(201)) as {
    key: string;
  };
  return key;
}
