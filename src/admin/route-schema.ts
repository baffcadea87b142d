import type { FastifySchema } from "fastify";
import { z } from "zod";
import { problemShape } from "./problems.ts";

type Zod = z.ZodType;

/** What a route is described by. */
export interface Described {
  /** One line for the documentation. */
  readonly summary: string;
  readonly tag: string;
  readonly params?: Zod;
  readonly query?: Zod;
  readonly body?: Zod;
  readonly answer: Zod;
  /** Of a file; absent for JSON. */
  readonly media_type?: string;
  /** Draws the answer as HTML; absent where there is only JSON. */
  readonly page?: unknown;
  /** Absent for what only reads. */
  readonly method?: "POST" | "PATCH";
  /** Reads what If-Match is held against; absent where nothing is. */
  readonly present?: unknown;
}

const write_headers = z.object({
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,100}$/, "1 to 100 visible characters")
    .optional()
    .describe("Names this write: repeated under the same key within a day, it is done once."),
});
const matched_headers = write_headers.extend({
  "if-match": z
    .string()
    .max(200)
    .optional()
    .describe("The ETag that was read: the change is refused (412) when there is another now."),
});

/** As Fastify reads a request and @fastify/swagger describes it. */
export function schemaOf(route: Described, status: string, one: boolean): FastifySchema {
  const {
    summary,
    tag,
    query,
    body,
    answer,
    media_type = "application/json",
    method,
    present,
    page,
  } = route;
  const community = one ? { community: z.string().describe("The community's slug.") } : {};
  const params = z.object({ ...community, ...(route.params as z.ZodObject | undefined)?.shape });
  return {
    summary,
    tags: [tag],
    ...(Object.keys(params.shape).length > 0 && { params }),
    ...(query && { querystring: query }),
    ...(body && { body }),
    ...(method && { headers: present === undefined ? write_headers : matched_headers }),
    response: {
      [status]: {
        description: status === "201" ? "It was made." : "As it is now.",
        content: {
          [media_type]: { schema: answer },
          ...(page !== undefined && { "text/html": { schema: z.string() } }),
        },
      },
      "4xx": problemContent,
    },
  };
}

const problemContent = {
  description: "A problem document (RFC 9457) that names the field it is about.",
  content: { "application/problem+json": { schema: problemShape } },
};
