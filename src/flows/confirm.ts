import { waitingClaims, type Claim } from "../domain/claims.ts";
import { confirmClaims, rejectClaims, type Confirmed, type Rejected } from "../domain/decisions.ts";
import type { RejectionWord } from "../domain/reasons.ts";
import { END, flow, type Phrase, type Question } from "../ussd/flow.ts";
import { choose, pick } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";
import { ownName, pinAfterName } from "./own.ts";

/** The waiting claims of one deed: eighty people at one clean-up are one group (R9). */
interface Group {
  readonly [key: string]: string | number | readonly Part[];
  readonly deed: string;
  readonly count: number;
  readonly value: number;
  readonly claims: readonly Part[];
}

interface Part {
  readonly [key: string]: string | number;
  readonly code: string;
  readonly name: string;
  readonly value: number;
}

/** What is decided on: a whole group or one claim of it. */
interface Chosen {
  readonly [key: string]: number | Phrase | string | readonly string[];
  readonly codes: readonly string[];
  /** The member's name, or how many they are. */
  readonly who: Phrase | string;
  readonly value: number;
}

type Why = RejectionWord | "none";

/** Asked for a rejection only. */
const why: Question<Caller, { readonly decision: string }, Why> = {
  ...pick<Caller, { readonly decision: string }, RejectionWord>({
    keys: { "not-seen": 1, "not-done": 2, "counted-already": 3, "wrong-deed": 4 },
  }),
  settled: (_call, { decision }) => (decision === "confirm" ? "none" : undefined),
};

/**
 * A manager confirms claims by PIN, one or a whole group at once (R9), or rejects them with a reason
 * (R11); their own and their household's are not on the list (R10).
 */
export const confirm = flow<Caller>("confirm")
  .ask(
    "deed",
    choose({
      from: async (call) => groupsOf(await waitingClaims(call, call.caller)),
      line: ({ deed, count, value }) => ({ deed, count, value }),
    }),
  )
  .ask(
    "claims",
    choose({
      from: (_call, { deed }) => partsOf(deed),
      line: ({ who, value }) => ({ who, value }),
      fields: (_call, { deed }) => ({ deed: deed.deed }),
      settled: (_call, { deed }) => (deed.count === 1 ? partsOf(deed)[0] : undefined),
    }),
  )
  .ask(
    "decision",
    pick({
      keys: { confirm: 1, reject: 2 },
      fields: (_call: Caller, { deed, claims }) => ({
        deed: deed.deed,
        who: claims.who,
        value: claims.value,
      }),
    }),
  )
  .ask("reason", why)
  .ask("name", ownName)
  .ask("pin", pinAfterName)
  .act(
    async ({ claims, reason }, call): Promise<Confirmed | Rejected> => {
      const decision = { manager: call.caller, codes: claims.codes };
      return reason === "none"
        ? await confirmClaims(call, decision)
        : await rejectClaims(call, { ...decision, reason: { word: reason } });
    },
    {
      confirmed: END,
      rejected: END,
      "budget-reached": END,
      "no-such-claim": { again: "deed" },
      "own-claim": { again: "deed" },
    },
  );

function groupsOf(claims: readonly Claim[]): readonly Group[] {
  const groups = Map.groupBy(claims, ({ deed_id }) => deed_id);
  return [...groups.values()].map((group) => ({
    deed: group[0]?.deed ?? "",
    count: group.length,
    value: sum(group),
    claims: group.map(({ code, member_name, value }) => ({ code, name: member_name, value })),
  }));
}

/** All of a group together first, where they are several, then each. */
function partsOf({ claims }: Group): readonly Chosen[] {
  const each = claims.map(({ code, name, value }) => ({ codes: [code], who: name, value }));
  if (claims.length === 1) return each;
  const all = {
    codes: claims.map(({ code }) => code),
    who: { say: "all-claims", fields: { count: claims.length } },
    value: sum(claims),
  };
  return [all, ...each];
}

const sum = (claims: readonly { readonly value: number }[]): number =>
  claims.reduce((total, { value }) => total + value, 0);
