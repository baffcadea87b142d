import { raiseDispute } from "../domain/disputes.ts";
import { openReceiptByCode } from "../domain/receipts.ts";
import { command, phrase, receiptWord } from "../sms/grammar.ts";
import type { Texter } from "./sender.ts";

/**
 * `DISPUTE <receipt> <words>`: a receipt of the last 24 hours is not right (R17). The receipt tells
 * whose it is, of the accounts that the phone serves; nothing moves, so no PIN is asked.
 */
export const dispute = command(
  "dispute",
  { receipt: receiptWord, words: phrase },
  async ({ receipt: code, words }, texter: Texter) => {
    for (const member of texter.accounts) {
      const receipt = await openReceiptByCode(texter, member, code);
      if (receipt === undefined) continue;
      const { journal_id } = receipt;
      return await raiseDispute(texter, { once: texter.once, member, journal_id, words });
    }
    return { type: "not-disputable" as const };
  },
  { disputed: "dispute.disputed", "not-disputable": "dispute.not-disputable" },
);
