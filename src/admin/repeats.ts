import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { NamedRequest } from "../domain/kept-answers.ts";
import type { Caller } from "./caller.ts";

/** Of the nil community and the nil key: see migrations/0030. */
const nil = "00000000-0000-0000-0000-000000000000";

/** The bootstrap key has no row, and so no id. */
export const bootstrap_key_id = "bootstrap";

/** A write as its caller named it; undefined where they did not. */
export function namedRequest(
  request: FastifyRequest,
  caller: Caller,
  community_id: string | undefined,
): NamedRequest | undefined {
  const name = request.headers["idempotency-key"];
  if (typeof name !== "string") return undefined;
  // Where it is asked is part of what is asked; what may differ between two tries is not.
  const asked = [request.method, request.url, request.headers["if-match"] ?? ""];
  const digest = createHmac("sha256", caller.derive("soccs request digest"))
    .update(JSON.stringify([...asked, request.body ?? null]))
    .digest();
  return {
    community_id: community_id ?? nil,
    key_id: caller.key_id === bootstrap_key_id ? nil : caller.key_id,
    name,
    digest,
  };
}

const nonce_bytes = 12;
const tag_bytes = 16;

/** Seals an answer so that only its caller can read it again: it may hold a phone number. */
export function sealAnswer(caller: Caller, text: string): Buffer {
  const nonce = randomBytes(nonce_bytes);
  const cipher = createCipheriv("aes-256-gcm", caller.derive("soccs kept answer"), nonce);
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** @throws when it was sealed by another, or altered since. */
export function openAnswer(caller: Caller, sealed: Buffer): string {
  const nonce = sealed.subarray(0, nonce_bytes);
  const tag = sealed.subarray(nonce_bytes, nonce_bytes + tag_bytes);
  const cipher = createDecipheriv("aes-256-gcm", caller.derive("soccs kept answer"), nonce);
  cipher.setAuthTag(tag);
  const text = cipher.update(sealed.subarray(nonce_bytes + tag_bytes));
  return Buffer.concat([text, cipher.final()]).toString("utf8");
}
