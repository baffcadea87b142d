import assert from "node:assert/strict";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Community } from "../domain/communities.ts";
import type { Context } from "../domain/context.ts";
import { actOnce } from "../domain/kept-answers.ts";
import { communitySeenBy } from "../domain/tenancy.ts";
import {
  sendActed,
  sendFile,
  sendPage,
  sendText,
  tagOf,
  textOf,
  type NamedFile,
  type Page,
  type Passing,
} from "./answers.ts";
import type { Caller } from "./caller.ts";
import { notFound, problem, sendProblem, type Problem } from "./problems.ts";
import { namedRequest, sealAnswer } from "./repeats.ts";
import { schemaOf } from "./route-schema.ts";

/** What every route works with. */
export interface House {
  readonly app: FastifyInstance;
  readonly db: Parameters<typeof communitySeenBy>[0];
  readonly now: () => Date;
  readonly say: Context["say"];
  readonly pepper: Context["pepper"];
  /** Called after every write: there may be texts to send. */
  readonly nudge: () => void;
}

type Db = House["db"];
type Trx = Context["trx"];
type None = z.ZodUndefined;
type Zod = z.ZodType;

/** What a route is asked: each part as its schema read it. */
export interface Asked<P extends Zod, Q extends Zod, B extends Zod> {
  readonly caller: Caller;
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly now: Date;
  readonly say: Context["say"];
  readonly pepper: Context["pepper"];
}

/** A transaction in a read is the database itself: what reads cannot write. */
type In<Tx, C> = { readonly db: Tx; readonly community: C };

interface Told<P extends Zod, Q extends Zod, B extends Zod, A extends Zod> {
  readonly url: string;
  /** One line for the documentation. */
  readonly summary: string;
  readonly tag: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: A;
  /** Of the answer, what its ETag does not cover. */
  readonly passing?: Passing;
}

export type Answered<A extends Zod> = { readonly answer: z.output<A> } | Problem;

interface Read<P extends Zod, Q extends Zod, A extends Zod, C> extends Told<P, Q, None, A> {
  /** Refuses the caller before anything is read for them. */
  readonly only?: Refuse;
  /** The same for people to read: answered to whoever does not ask for JSON. */
  readonly page?: Page<z.output<A>>;
  readonly read: (asked: Asked<P, Q, None> & In<Db, C>) => Promise<Answered<A>>;
}

interface Write<P extends Zod, B extends Zod, A extends Zod, C> extends Told<P, None, B, A> {
  readonly method: "POST" | "PATCH";
  readonly status: 200 | 201;
  readonly only?: Refuse;
  /** The answer is kept for a repetition; not where it is said only once. */
  readonly keep?: false;
  /** What is there now, for If-Match; locked. */
  readonly present?: (asked: Asked<P, None, B> & In<Trx, C>) => Promise<Answered<A>>;
  readonly write: (asked: Asked<P, None, B> & In<Trx, C>) => Promise<Answered<A>>;
}

/** Adds a route that reads in one community. Whoever may not see it is told that it is not there. */
export const readIn = <A extends Zod, P extends Zod = None, Q extends Zod = None>(
  house: House,
  route: Read<P, Q, A, Community>,
): void => addRead(house, route, true);

/** Adds a route that reads across communities: what it shows is for it to choose by its caller. */
export const readAll = <A extends Zod, P extends Zod = None, Q extends Zod = None>(
  house: House,
  route: Read<P, Q, A, undefined>,
): void => addRead(house, route, false);

interface ReadFile<Q extends Zod> extends Omit<Told<None, Q, None, None>, "params" | "answer"> {
  readonly media_type: string;
  readonly read: (asked: Asked<None, Q, None> & In<Db, Community>) => Promise<NamedFile | Problem>;
}

/** Adds a route that reads a file out of one community. */
export function readFileIn<Q extends Zod>(house: House, route: ReadFile<Q>): void {
  const { url, media_type } = route;
  house.app.route({
    method: "GET",
    url,
    schema: schemaOf({ ...route, answer: file }, "200", true),
    preValidation: gate(house, true, undefined),
    handler: async (request, reply) => {
      const asked = askedOf<None, Q, None, Db, Community>(house, request, house.db);
      const read = await route.read(asked);
      if ("problem" in read) return await sendProblem(reply, read);
      return await sendFile(reply, media_type, read);
    },
  });
}

const file = z.string().meta({ format: "binary" });

/** Adds a route that writes in one community, in one transaction, once under each Idempotency-Key. */
export const writeIn = <A extends Zod, P extends Zod = None, B extends Zod = None>(
  house: House,
  route: Write<P, B, A, Community>,
): void => addWrite(house, route, true);

/** Adds a route that writes what belongs to no community. */
export const writeAll = <A extends Zod, P extends Zod = None, B extends Zod = None>(
  house: House,
  route: Write<P, B, A, undefined>,
): void => addWrite(house, route, false);

declare module "fastify" {
  interface FastifyRequest {
    /** The community of the path, where its caller may see it. */
    community: Community | undefined;
  }
}

type Refuse = (caller: Caller) => Problem | undefined;

const slug_form = /^[a-z0-9-]{1,40}$/;

/** Before anything of a request is checked: whether this is the caller's to ask at all. */
const gate =
  (house: House, one: boolean, only: Refuse | undefined) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const caller = callerOf(request);
    if (one) {
      const { community: slug = "" } = request.params as { community?: string };
      const found = slug_form.test(slug)
        ? await communitySeenBy(house.db, caller.whose, slug)
        : undefined;
      if (found === undefined)
        return await sendProblem(reply, notFound("community", "No such community"));
      request.community = found;
    }
    const refused = only?.(caller);
    return refused && (await sendProblem(reply, refused));
  };

function callerOf({ caller }: FastifyRequest): Caller {
  assert(caller !== undefined, "a route is behind the asking for a key");
  return caller;
}

function addRead<P extends Zod, Q extends Zod, A extends Zod, C>(
  house: House,
  route: Read<P, Q, A, C>,
  one: boolean,
): void {
  house.app.route({
    method: "GET",
    url: route.url,
    schema: schemaOf(route, "200", one),
    preValidation: gate(house, one, route.only),
    handler: async (request, reply) => {
      const answered = await route.read(askedOf<P, Q, None, Db, C>(house, request, house.db));
      if ("problem" in answered) return await sendProblem(reply, answered);
      const { passing, page } = route;
      if (page !== undefined) {
        reply.header("vary", "accept");
        if (!wantsJson(request.headers.accept))
          return await sendPage(reply, page.draw(answered.answer, house.say), page.style);
      }
      return await sendText(reply, { status: 200, passing }, textOf(route.answer, answered.answer));
    },
  });
}

const wantsJson = (accept = ""): boolean =>
  accept.includes("application/json") && !accept.includes("text/html");

function addWrite<P extends Zod, B extends Zod, A extends Zod, C>(
  house: House,
  route: Write<P, B, A, C>,
  one: boolean,
): void {
  house.app.route({
    method: route.method,
    url: route.url,
    schema: schemaOf(route, String(route.status), one),
    preValidation: gate(house, one, route.only),
    handler: async (request, reply) => {
      const caller = callerOf(request);
      const acted = await actOnce<string, Problem>(
        house.db,
        { request: namedRequest(request, caller, request.community?.id), now: house.now() },
        async (trx) => {
          const asked = askedOf<P, None, B, Trx, C>(house, request, trx);
          const stale = await staleness(route, asked, request.headers["if-match"]);
          const answered = stale ?? (await route.write(asked));
          if ("problem" in answered) return { refused: answered };
          const text = textOf(route.answer, answered.answer);
          const answer = route.keep === false ? null : sealAnswer(caller, text);
          return { done: text, keep: { status: route.status, answer } };
        },
      );
      house.nudge();
      const { status, passing = [] } = route;
      return await sendActed(reply, caller, { status, passing }, acted);
    },
  });
}

/** A caller that goes by an older state than there is now. */
async function staleness<P extends Zod, B extends Zod, A extends Zod, Asked>(
  route: Pick<Write<P, B, A, unknown>, "answer" | "passing"> & {
    readonly present?: ((asked: Asked) => Promise<Answered<A>>) | undefined;
  },
  asked: Asked,
  wanted: string | undefined,
): Promise<Problem | undefined> {
  if (wanted === undefined || route.present === undefined || wanted === "*") return undefined;
  const now = await route.present(asked);
  if ("problem" in now) return now;
  const tags = wanted.split(",").map((tag) => tag.trim());
  if (tags.includes(tagOf(textOf(route.answer, now.answer), route.passing))) return undefined;
  return problem(412, "It has been changed since", {
    in: "header",
    field: "if-match",
    detail: "Read it again, and send the ETag of what you read.",
  });
}

function askedOf<P extends Zod, Q extends Zod, B extends Zod, Tx, C>(
  { now, say, pepper }: House,
  request: FastifyRequest,
  db: Tx,
): Asked<P, Q, B> & In<Tx, C> {
  return {
    caller: callerOf(request),
    // Fastify has read each part with the route's own schema, and the gate the community.
    params: request.params as z.output<P>,
    query: request.query as z.output<Q>,
    body: request.body as z.output<B>,
    community: request.community as C,
    now: now(),
    say,
    pepper,
    db,
  };
}
