import { decideDispute, disputesToDecide } from "../domain/disputes.ts";
import { pinWord, receiptWord, type Proof } from "../sms/grammar.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";

/** What a manager says after OK or NO to decide on a dispute rather than on claims. */
export const disputed = { receipt: receiptWord, pin: pinWord };

const doing = ["dispute-waits", "dispute-upheld", "dispute-declined"] as const;

/** The manager whose PIN it is decides on the dispute of a receipt (R17). */
export const decide = (
  texter: Texter,
  { receipt, pin, upholds }: { receipt: string; pin: Proof; upholds: boolean },
) =>
  withPin(texter, { role: "manager", pin, doing }, async (manager) => {
    const waiting = await disputesToDecide(texter, manager);
    const found = waiting.find((dispute) => dispute.receipt === receipt);
    if (found === undefined) return { type: "no-such-dispute" as const };
    return await decideDispute(texter, { dispute_id: found.id, upholds, by: { manager } });
  });

export const decideAnswers = {
  ...pinAnswers,
  "dispute-waits": "decide.waits",
  "dispute-upheld": "decide.upheld",
  "dispute-declined": "decide.declined",
  "remedy-short": "decide.short",
  "no-such-dispute": "decide.no-such",
  "own-account": "decide.no-such",
  "decided-before": "decide.no-such",
} as const;
