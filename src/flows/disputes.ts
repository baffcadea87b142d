import { decideDispute, disputesToDecide, raiseDispute } from "../domain/disputes.ts";
import { openReceipts } from "../domain/receipts.ts";
import { END, flow } from "../ussd/flow.ts";
import { choose, confirm, pick } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";
import { managersOnly } from "./managers.ts";
import { ownName, pinAfterName } from "./own.ts";

/** A member disputes a receipt of the last 24 hours (R17). Nothing moves, so no PIN is asked. */
export const dispute = flow<Caller>("dispute")
  .ask(
    "receipt",
    choose({
      from: (call) => openReceipts(call, call.caller),
      line: ({ receipt, moved }) => ({ receipt, moved: signed(moved) }),
    }),
  )
  .ask(
    "agreed",
    confirm(({ receipt: { receipt, moved } }) => ({ receipt, moved: signed(moved) })),
  )
  .act(
    ({ receipt: { journal_id } }, call) =>
      raiseDispute(call, { once: call.once, member: call.caller, journal_id }),
    { disputed: END, "not-disputable": END },
  );

/** A manager decides on a dispute by PIN; the partner decides too, and both must uphold it (R17). */
export const disputes = flow<Caller>("disputes")
  .ask("allowed", managersOnly)
  .ask(
    "dispute",
    choose({
      from: (call) => disputesToDecide(call, call.caller),
      line: ({ name, moved }) => ({ name, moved: signed(moved) }),
    }),
  )
  .ask(
    "decision",
    pick({
      keys: { uphold: 1, decline: 2 },
      fields: (_call: Caller, { dispute: { name, receipt, moved } }) => ({
        name,
        receipt,
        moved: signed(moved),
      }),
    }),
  )
  .ask("name", ownName)
  .ask("pin", pinAfterName)
  .act(
    ({ dispute: { id }, decision }, call) =>
      decideDispute(call, {
        dispute_id: id,
        upholds: decision === "uphold",
        by: { manager: call.caller },
      }),
    {
      "dispute-waits": END,
      "dispute-upheld": END,
      "dispute-declined": END,
      "remedy-short": END,
      "own-account": END,
      "decided-before": END,
    },
  );

/** What came with a plus, what went with a minus. */
const signed = (moved: number): string => (moved > 0 ? `+${moved}` : String(moved));
