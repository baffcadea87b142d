import { waitingClaims } from "../domain/claims.ts";
import { confirmClaims } from "../domain/decisions.ts";
import { checkPin } from "../domain/pins.ts";
import { END, flow } from "../ussd/flow.ts";
import { choose, confirm as agree, pin } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";

/** A manager confirms a claim by PIN (R9); their own is not on the list (R10). */
export const confirm = flow<Caller>("confirm")
  .ask(
    "claim",
    choose({
      from: (call) => waitingClaims(call, call.caller),
      line: ({ member_name, deed, value }) => ({ name: member_name, deed, value }),
    }),
  )
  .ask(
    "agreed",
    agree(({ claim }) => ({ name: claim.member_name, deed: claim.deed, value: claim.value })),
  )
  .ask(
    "pin",
    pin((call, digits) => checkPin(call, call.caller, digits)),
  )
  .act(({ claim }, call) => confirmClaims(call, { manager: call.caller, codes: [claim.code] }), {
    confirmed: END,
    "no-such-claim": { again: "claim" },
    "own-claim": { again: "claim" },
  });
