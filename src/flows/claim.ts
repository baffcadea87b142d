import { claimDeed } from "../domain/claims.ts";
import { deedsInForce } from "../domain/deeds.ts";
import { END, flow } from "../ussd/flow.ts";
import { choose, confirm, count } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";

/** Report a good deed, for a manager to confirm (R9). Nothing moves yet, so no PIN is asked. */
export const claim = flow<Caller>("claim")
  .ask(
    "deed",
    choose({
      from: ({ trx, community, caller }) => deedsInForce(trx, community, caller.language),
      line: ({ name, value }) => ({ name, value }),
    }),
  )
  .ask(
    "units",
    count({
      max: ({ deed }) => deed.units_max,
      fields: (_call, { deed }) => ({
        name: deed.name,
        value: deed.value,
        unit: deed.unit ?? "",
        max: deed.units_max,
      }),
    }),
  )
  .ask(
    "agreed",
    confirm(({ deed, units }) => ({ name: deed.name, value: deed.value * units })),
  )
  .act(
    ({ deed, units }, call) =>
      claimDeed(call, { once: call.once, member: call.caller, deed_id: deed.id, units }),
    { claimed: END, "too-many-waiting": END, "no-longer-on-menu": { again: "deed" } },
  );
