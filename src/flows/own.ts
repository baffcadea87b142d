import { isSameFirstName } from "../domain/members.ts";
import { checkPin } from "../domain/pins.ts";
import { pin, typed } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";

/** The caller's own PIN: value moves, and decisions are made, only behind it. */
export const ownPin = pin<Caller, object>((call, digits) => checkPin(call, call.caller, digits));

/**
 * The first name the caller was enrolled under, asked only of an account that has been quiet for so
 * long that its number may be somebody else's by now (R28).
 */
export const ownName = typed<Caller, object, true>({
  hints: ["not-your-name"],
  settled: ({ caller }) => (caller.idle ? undefined : true),
  read: (reply, { caller }) =>
    isSameFirstName(reply, caller.name)
      ? { type: "read", value: true }
      : { type: "unread", hint: "not-your-name" },
});
