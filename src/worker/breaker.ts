import type { SendResult } from "../gateway/gateway.ts";

/** Whether the gateway can be used, as it is kept for every process to see. */
export interface Health {
  /** Open: nothing is sent until `retry_at`, and then one text to try it. */
  readonly open: boolean;
  readonly reason: string | null;
  /** How often in a row it was tried in vain since it opened. */
  readonly tries: number;
  readonly since: Date;
  readonly retry_at: Date | null;
}

/**
 * Keeps texts from a gateway that would take none of them. It opens at once when the account is
 * refused (401) or empty (405) or its address is wrong (a redirect, 404), and after several failures
 * in a row of any other kind; then one text at a time tries whether it is over, later and later. Texts
 * stay queued meanwhile.
 */
export interface Breaker {
  readonly health: () => Health;
  /** How many texts may be handed over now: any number, one to try it with, or none. */
  readonly room: (now: Date) => number;
  /** Asks to send one text now; when allowed, what came of it must be noted. */
  readonly enter: (now: Date) => boolean;
  /** @returns whether the health changed. */
  readonly note: (result: SendResult, now: Date) => boolean;
  /** Another process found out. */
  readonly adopt: (health: Health) => void;
}

const failures_max = 5;
/** An account is put right by a person, a gateway mostly by itself. */
const first_wait_ms = { account: 30_000, gateway: 2_000 };
const wait_max_ms = 5 * 60_000;

/** @param random from 0 to 1: several processes must not all try at one moment. */
export function makeBreaker(now: Date, random: () => number = Math.random): Breaker {
  let health: Health = { open: false, reason: null, tries: 0, since: now, retry_at: null };
  let failures = 0;
  let trying = false;

  const mayTry = (at: Date): boolean =>
    !trying && health.retry_at !== null && health.retry_at <= at;

  const fail = (reason: string, kind: "account" | "gateway", at: Date): boolean => {
    failures += 1;
    const tried = trying;
    trying = false;
    // What was under way when it opened says nothing new.
    if (health.open && !tried) return false;
    if (!health.open && kind === "gateway" && failures < failures_max) return false;
    const tries = health.open ? health.tries + 1 : 0;
    const wait = Math.min(first_wait_ms[kind] * 2 ** Math.min(tries, 20), wait_max_ms);
    const retry_at = new Date(at.getTime() + wait * (0.75 + random() / 2));
    health = { open: true, reason, tries, since: health.open ? health.since : at, retry_at };
    return true;
  };

  const succeed = (at: Date): boolean => {
    failures = 0;
    trying = false;
    if (!health.open) return false;
    health = { open: false, reason: null, tries: 0, since: at, retry_at: null };
    return true;
  };

  return {
    health: () => health,
    room: (at) => (health.open ? Number(mayTry(at)) : Infinity),
    enter: (at) => {
      if (!health.open) return true;
      if (!mayTry(at)) return false;
      trying = true;
      return true;
    },
    note: (result, at) => {
      if (result.type === "accepted") return succeed(at);
      if (result.trouble !== undefined) return fail(result.reason, result.trouble, at);
      if (result.type === "refused") return succeed(at);
      // It says nothing about the gateway; somebody else must try.
      trying = false;
      return false;
    },
    adopt: (other) => {
      health = other;
      failures = 0;
      trying = false;
    },
  };
}
