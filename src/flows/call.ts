import type { Context } from "../domain/context.ts";
import type { Member } from "../domain/members.ts";

/** What every flow works with: who is calling, and a name for the act. */
export interface Caller extends Context {
  readonly caller: Member;
  /** Names this act for good: the same turn again is the same act. */
  readonly once: string;
}
