import { isSameFirstName } from "../domain/members.ts";
import { checkPin } from "../domain/pins.ts";
import { endSilence } from "../domain/silence.ts";
import { pin, typed } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";

/** The caller's own PIN, for what moves no value: it ends no long silence. */
export const ownPin = pin<Caller, object>((call, digits) => checkPin(call, call.caller, digits));

/** The caller's own PIN, for what moves value: after long silence their name has been asked (R28). */
export const pinAfterName = pin<Caller, { readonly name: true }>(async (call, digits) => {
  const verdict = await checkPin(call, call.caller, digits);
  if (verdict.type === "right" && call.caller.idle) await endSilence(call, call.caller);
  return verdict;
});

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
