import type { FastifyError, FastifyReply } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";

const where = z.enum(["body", "query", "path", "header"]);

/** A part of the request that something is wrong with. */
const fieldError = z.object({
  in: where,
  /** Dotted: `deeds.0.name.sw`; empty where the whole part is meant. */
  field: z.string(),
  detail: z.string(),
});

/** An error as RFC 9457 has it, with the fields it is about. */
export const problemShape = z
  .object({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    errors: z.array(fieldError),
  })
  .meta({ id: "Problem" });

export type Where = z.infer<typeof where>;

/** What a route answers instead of what it was asked for. Nothing was changed. */
export interface Problem {
  readonly problem: z.infer<typeof problemShape>;
  /** When it may be asked again; absent where waiting is of no use. */
  readonly retry_after_s?: number;
}

/** One sentence about what is wrong, one about what to do, and the field it is about. */
export function problem(
  status: number,
  title: string,
  about: { readonly in: Where; readonly field: string; readonly detail: string },
): Problem {
  return {
    problem: { type: "about:blank", title, status, detail: about.detail, errors: [about] },
  };
}

/** What the path names is not there, or not the caller's to see. */
export const notFound = (field: string, title: string): Problem =>
  problem(404, title, { in: "path", field, detail: "Check the name or id in the address." });

/** The state of what is acted on does not allow it. */
export const conflict = (
  title: string,
  detail: string,
  about: { in: Where; field: string } = { in: "path", field: "id" },
): Problem => problem(409, title, { ...about, detail });

/** A field that is well-formed, and still cannot be. */
export const unfit = (field: string, detail: string): Problem =>
  problem(422, "A field does not fit", { in: "body", field, detail });

/** The caller is known, and may not do this. */
export const forbidden = (title: string, detail: string): Problem =>
  problem(403, title, { in: "header", field: "authorization", detail });

/** Sends a problem, with what it says of waiting. */
export const sendProblem = (
  reply: FastifyReply,
  { problem, retry_after_s }: Problem,
): FastifyReply =>
  (retry_after_s === undefined ? reply : reply.header("retry-after", retry_after_s))
    .code(problem.status)
    .type("application/problem+json")
    .send(JSON.stringify(problem));

/** How many wrong fields are named; a request with more is told of these first. */
const errors_max = 20;

/** An error that Fastify or a schema raised, as a problem; undefined where it is a fault of ours. */
export function problemOf(error: FastifyError): Problem | undefined {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const part = partOf(error.validationContext);
    const wrong = error.validation.flatMap(wrongFields).slice(0, errors_max);
    const errors = wrong.map((one) => ({ in: part, ...one }));
    const [{ field, detail } = nothing_named] = wrong;
    return {
      problem: {
        ...{ type: "about:blank", title: "A field is wrong", status: 400, errors },
        detail: field === "" ? detail : `${field}: ${detail}`,
      },
    };
  }
  const status = error.statusCode ?? 500;
  if (status < 400 || status > 499) return undefined;
  const in_header = status === 415;
  return problem(status, "The request cannot be read", {
    in: in_header ? "header" : "body",
    field: in_header ? "content-type" : "",
    detail: error.message,
  });
}

interface WrongField {
  readonly field: string;
  readonly detail: string;
}

const nothing_named: WrongField = { field: "", detail: "" };

/** The fields that one issue is about: it names an unknown field by what the field stands in. */
function wrongFields(issue: Issue): readonly WrongField[] {
  const { instancePath, keyword, params, message = "" } = issue;
  const field = instancePath.slice(1).replaceAll("/", ".");
  const { keys } = params;
  if (keyword !== "unrecognized_keys" || !Array.isArray(keys)) return [{ field, detail: message }];
  const within = field === "" ? "" : `${field}.`;
  return keys.map((key) => ({ field: within + String(key), detail: "there is no such field" }));
}

type Issue = NonNullable<FastifyError["validation"]>[number];

const parts: Readonly<Record<string, Where>> = {
  querystring: "query",
  params: "path",
  headers: "header",
};

const partOf = (context: string | undefined): Where => parts[context ?? ""] ?? "body";
