import { createHash } from "node:crypto";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { Say } from "../domain/context.ts";
import type { Acted } from "../domain/kept-answers.ts";
import type { Caller } from "./caller.ts";
import { conflict, problem, sendProblem, type Problem } from "./problems.ts";
import { openAnswer } from "./repeats.ts";

/** Answers with what was done, or with what was answered to the same request before. */
export async function sendActed(
  reply: FastifyReply,
  caller: Caller,
  { status, passing }: { readonly status: number; readonly passing: Passing },
  acted: Acted<string, Problem>,
): Promise<FastifyReply> {
  switch (acted.type) {
    case "done":
      return await sendText(reply, { status, passing }, acted.done);
    case "refused":
      return await sendProblem(reply, acted.refused);
    case "name-taken":
      return await sendProblem(reply, name_taken);
    case "repeated": {
      const { answer, status: first } = acted.kept;
      if (answer === null) return await sendProblem(reply, said_once);
      reply.header("idempotency-replayed", "true");
      return await sendText(reply, { status: first, passing }, openAnswer(caller, answer));
    }
  }
}

const header = { in: "header", field: "idempotency-key" } as const;
const name_taken = problem(422, "This Idempotency-Key belongs to another request", {
  ...header,
  detail: "Use a new key for a new request, and the same one only to repeat a request as it was.",
});
const said_once = conflict(
  "This was done, and its answer is said only once",
  "If the answer was lost, revoke what was made and make another under a new Idempotency-Key.",
  header,
);

/** What is sent: what the schema names and nothing else. @throws when it is not what it says: a bug. */
export const textOf = <A extends z.ZodType>(answer: A, value: z.output<A>): string =>
  JSON.stringify(z.encode(answer, value));

/** Fields of an answer that are no part of its state: they change with what others do. */
export type Passing = readonly string[];

/** Tells one state of a thing from another, whatever its passing fields say. */
export function tagOf(text: string, passing: Passing = []): string {
  const state =
    passing.length === 0
      ? text
      : JSON.stringify(JSON.parse(text), (key, value: unknown) =>
          passing.includes(key) ? undefined : value,
        );
  return `"${sha256(state).digest("base64url").slice(0, 22)}"`;
}

/** Sends what is not to be kept by anybody on the way. */
export const sendText = (
  reply: FastifyReply,
  { status, passing }: { readonly status: number; readonly passing?: Passing | undefined },
  text: string,
): FastifyReply =>
  reply
    .code(status)
    .headers({ etag: tagOf(text, passing), "cache-control": "no-store" })
    .type("application/json; charset=utf-8")
    .send(text);

/** A page that may run nothing, fetch nothing, and has the style that stands within it. */
export interface Page<A> {
  readonly style: string;
  readonly draw: (answer: A, say: Say) => string;
}

/** Sends a page that is not to be kept by anybody on the way. */
export const sendPage = (reply: FastifyReply, html: string, style: string): FastifyReply =>
  reply
    .code(200)
    .headers({
      "cache-control": "no-store",
      "content-security-policy":
        `default-src 'none'; style-src 'sha256-${sha256(style).digest("base64")}'; ` +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    })
    .type("text/html; charset=utf-8")
    .send(html);

const sha256 = (text: string) => createHash("sha256").update(text);

export interface NamedFile {
  /** As it is saved; letters, digits, `-` and `.`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Sends a file to be saved, and not to be kept by anybody on the way. */
export const sendFile = (
  reply: FastifyReply,
  media_type: string,
  { name, bytes }: NamedFile,
): FastifyReply =>
  reply
    .code(200)
    .headers({
      "cache-control": "no-store",
      "content-disposition": `attachment; filename="${name}"`,
      "x-content-type-options": "nosniff",
    })
    .type(media_type)
    .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
