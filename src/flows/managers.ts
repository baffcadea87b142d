import { unless } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";

/** Stands before everything that managers do: a role may end while a call goes on. */
export const managersOnly = unless<Caller, object>("managers-only", ({ caller }) =>
  caller.roles.includes("manager") ? undefined : {},
);
