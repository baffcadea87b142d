import type { Account } from "../domain/callers.ts";
import type { Context } from "../domain/context.ts";

/** What every flow works with, also one for a phone that is nobody's here. */
export interface Visitor extends Context {
  /** E.164, as the gateway asserts it. */
  readonly phone: string;
  /** The accounts it serves. */
  readonly accounts: readonly Account[];
  /** The one the call speaks for, once that is known. */
  readonly account: Account | undefined;
  /** The language chosen in this call; null where none was. */
  readonly spoken: string | null;
  /** Names this act for good: the same turn again is the same act. */
  readonly once: string;
}

/** What a flow works with that is somebody's own. */
export interface Caller extends Visitor {
  readonly caller: Account;
}
