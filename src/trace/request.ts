import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";

const current = new AsyncLocalStorage<string>();

/**
 * Names one request: a callback of the gateway or a call of the admin API. Taken from nothing the
 * caller sends, and of letters alone, so that no id can be taken for a PIN or a number.
 */
export const newRequestId = (): string =>
  randomBytes(12)
    .toString("hex")
    .replaceAll(/\d/g, (digit) => "ghijklmnop"[Number(digit)] ?? "");

/** Does work as a part of a request, however much of it is waited for. */
export const inRequest = <T>(id: string, work: () => T): T => current.run(id, work);

/** Which request the work at hand is a part of; null where nobody asked for it, as timed work. */
export const requestId = (): string | null => current.getStore() ?? null;
