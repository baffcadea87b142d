import { decideJoin, enrol as enrolMember, waitingJoins } from "../domain/joining.ts";
import { END, flow } from "../ussd/flow.ts";
import { choose, confirm, pick } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";
import { typedName } from "./join.ts";
import { managersOnly } from "./managers.ts";
import { ownPin } from "./own.ts";
import { phoneNumber, shownPhone } from "./people.ts";

/** A manager enrols somebody by number and name (R26). */
export const enrol = flow<Caller>("enrol")
  .ask("allowed", managersOnly)
  .ask("phone", phoneNumber)
  .ask("name", typedName())
  .ask(
    "agreed",
    confirm(({ phone, name }) => ({ end: phone.end, name })),
  )
  .ask("pin", ownPin)
  .act(
    ({ phone, name }, call) =>
      enrolMember(call, {
        manager: call.caller,
        phone: shownPhone(call, phone),
        name,
        language: call.community.languages[0] ?? "en",
        guardian_id: null,
      }),
    { enrolled: END, "known-here": END, "phone-full": END },
  );

/** Those who asked to join, to be let in or declined. */
export const joins = flow<Caller>("joins")
  .ask("allowed", managersOnly)
  .ask(
    "request",
    choose({
      from: (call) => waitingJoins(call, call.caller),
      line: ({ name, end }) => ({ name, end }),
    }),
  )
  .ask(
    "decision",
    pick({
      keys: { admit: 1, decline: 2 },
      fields: (_call: Caller, { request: { name, end } }) => ({ name, end }),
    }),
  )
  .ask("pin", ownPin)
  .act(
    ({ request, decision }, call) =>
      decideJoin(call, {
        manager: call.caller,
        request_id: request.id,
        admits: decision === "admit",
      }),
    {
      enrolled: END,
      declined: END,
      "known-here": END,
      "phone-full": END,
      "no-such-request": { again: "request" },
    },
  );
