import { decideDispute, disputeToDecide } from "../domain/disputes.ts";
import { pinWord, receiptWord, type Proof } from "../sms/grammar.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";

/** What a manager says after OK or NO to decide on a dispute rather than on claims. */
export const disputed = { receipt: receiptWord, pin: pinWord };

const doing = ["dispute-waits", "dispute-upheld", "dispute-declined"] as const;

/** The manager whose PIN it is decides on the dispute of a receipt (R17). */
export async function decide(
  texter: Texter,
  { receipt, pin, upholds }: { receipt: string; pin: Proof; upholds: boolean },
) {
  const decided = await withPin(texter, { role: "manager", pin, doing }, async (manager) => {
    const found = await disputeToDecide(texter, { manager, receipt });
    if (found === undefined) return { type: "no-such-dispute" as const };
    return await decideDispute(texter, { dispute_id: found.id, upholds, by: { manager } });
  });
  if (decided.type !== "asks") return decided;
  // OK and NO have words of their own to ask with, for claims.
  const type = upholds ? ("asks-to-undo" as const) : ("asks-to-leave" as const);
  return { ...decided, type, fields: { ...decided.fields, receipt } };
}

const { asks: _ofClaims, ...refusals } = pinAnswers;

export const decideAnswers = {
  ...refusals,
  "asks-to-undo": "decide.undo-asks",
  "asks-to-leave": "decide.leave-asks",
  "dispute-waits": "decide.waits",
  "dispute-upheld": "decide.upheld",
  "dispute-declined": "decide.declined",
  "remedy-short": "decide.short",
  "no-such-dispute": "decide.no-such",
  "own-account": "decide.no-such",
  "decided-before": "decide.no-such",
} as const;
