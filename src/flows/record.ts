import { deedsFor, type Deed } from "../domain/deeds.ts";
import { recordDeed } from "../domain/decisions.ts";
import { END, flow } from "../ussd/flow.ts";
import { choose, confirm } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";
import { howManyUnits, whichValue, withinCap } from "./claim.ts";
import { managersOnly } from "./managers.ts";
import { ownPin } from "./own.ts";
import { memberOf, oneOfThem, someEarner, type Person } from "./people.ts";

/** A manager records a deed for a member directly (R9): somebody without airtime, or a paper list. */
export const record = flow<Caller>("record")
  .ask("allowed", managersOnly)
  .ask("found", someEarner)
  .ask("person", oneOfThem)
  .ask(
    "deed",
    choose<Caller, { readonly person: Person }, Deed>({
      from: async (call, { person }) =>
        await deedsFor(call.trx, call, {
          member: await memberOf(call, person),
          language: call.caller.language,
        }),
      key: ({ position }) => position,
      line: ({ name, value, value_max }) => ({
        name,
        value: value === value_max ? value : `${value}-${value_max}`,
      }),
    }),
  )
  .ask("within", withinCap)
  .ask("units", howManyUnits)
  .ask("value", whichValue)
  .ask(
    "agreed",
    confirm(({ person, deed, units, value }) => ({
      name: person.name,
      end: person.end,
      deed: deed.name,
      value: value * units,
    })),
  )
  .ask("pin", ownPin)
  .act(
    async ({ person, deed, units, value }, call) =>
      await recordDeed(call, {
        once: call.once,
        manager: call.caller,
        member: await memberOf(call, person),
        deed_id: deed.id,
        units,
        value,
      }),
    {
      confirmed: END,
      "own-account": END,
      "budget-reached": END,
      "too-many-waiting": END,
      "cap-reached": END,
      "no-such-claim": END,
      "own-claim": END,
      "no-longer-on-menu": { again: "deed" },
    },
  );
