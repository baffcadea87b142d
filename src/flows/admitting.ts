import { decideJoin, enrol as enrolMember, enrolGroup, waitingJoins } from "../domain/joining.ts";
import { END, flow } from "../ussd/flow.ts";
import { choose, pick } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";
import { typedName } from "./join.ts";
import { managersOnly } from "./managers.ts";
import { ownPin } from "./own.ts";
import { phoneNumber, shownPhone } from "./people.ts";

/** A manager enrols somebody, or a group, by number and name (R16, R26). */
export const enrol = flow<Caller>("enrol")
  .ask("allowed", managersOnly)
  .ask("phone", phoneNumber)
  .ask("name", typedName())
  .ask(
    "kind",
    pick({
      keys: { member: 1, group: 2 },
      fields: (_call: Caller, { phone: { end }, name }) => ({ end, name }),
    }),
  )
  .ask("pin", ownPin)
  .act(
    ({ phone: typed, name, kind }, call) => {
      const newcomer = { manager: call.caller, phone: shownPhone(call, typed), name };
      const language = call.community.languages[0] ?? "en";
      return kind === "group"
        ? enrolGroup(call, newcomer)
        : enrolMember(call, { ...newcomer, language });
    },
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
