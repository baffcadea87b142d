import { claimDeed } from "../domain/claims.ts";
import { deedsFor, type Deed } from "../domain/deeds.ts";
import { END, flow, type Phrase } from "../ussd/flow.ts";
import { choose, confirm, count, unless } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";

/** The deed, its units or its value, for whoever claims it or records it. */
export const whichDeed = choose<Caller, object, Deed>({
  from: (call) => deedsFor(call.trx, call, { member: call.caller }),
  key: ({ position }) => position,
  line: ({ name, value, value_max }) => ({
    name,
    value: value === value_max ? value : `${value}-${value_max}`,
  }),
});

/** A cap is told before anything is claimed in vain (R6). */
export const withinCap = unless<Caller, { readonly deed: Deed }>(
  "cap-reached",
  (_call, { deed: { cap_left, cap_count, cap_days, cap_ends } }) =>
    cap_left === 0 ? { count: cap_count ?? 0, days: cap_days ?? 0, day: cap_ends } : undefined,
);

export const howManyUnits = count<Caller, { readonly deed: Deed }>({
  max: ({ deed }) => deed.units_max,
  fields: (_call, { deed }) => ({
    name: deed.name,
    value: deed.value,
    unit: deed.unit ?? "",
    max: deed.units_max,
  }),
});

export const whichValue = count<Caller, { readonly deed: Deed }>({
  min: ({ deed }) => deed.value,
  max: ({ deed }) => deed.value_max,
  fields: (_call, { deed }) => ({ name: deed.name, min: deed.value, max: deed.value_max }),
});

/** Report a good deed, for a manager to confirm (R9). Nothing moves yet, so no PIN is asked. */
export const claim = flow<Caller>("claim")
  .ask("deed", whichDeed)
  .ask("allowed", withinCap)
  .ask("units", howManyUnits)
  .ask("value", whichValue)
  .ask(
    "agreed",
    confirm(({ deed, units, value }) => ({
      name: deed.name,
      value: value * units,
      cap: capOf(deed),
    })),
  )
  .act(
    ({ deed, units, value }, call) =>
      claimDeed(call, { once: call.once, member: call.caller, deed_id: deed.id, units, value }),
    {
      claimed: END,
      "too-many-waiting": END,
      "cap-reached": END,
      "no-longer-on-menu": { again: "deed" },
    },
  );

const capOf = ({ cap_left, cap_days }: Deed): Phrase | "" =>
  cap_left === null ? "" : { say: "cap-left", fields: { left: cap_left, days: cap_days ?? 0 } };
