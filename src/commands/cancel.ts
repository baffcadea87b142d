import { ownOrderByCode } from "../domain/orders.ts";
import { cancelRedemption } from "../domain/settling.ts";
import { command, digits, pinWord } from "../sms/grammar.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";

/** `CANCEL <code> <PIN>`: calls an open order off (R14). */
export const cancel = command(
  "cancel",
  { code: digits(6), pin: pinWord },
  ({ code, pin }, texter: Texter) =>
    withPin(texter, { role: "anyone", pin, doing: ["cancelled"] }, async (member) => {
      const order = await ownOrderByCode(texter, { member, code });
      if (order === undefined) return { type: "no-such-order" as const };
      return await cancelRedemption(texter, { member, redemption_id: order.id });
    }),
  {
    ...pinAnswers,
    asks: "cancel.asks",
    cancelled: "cancel.cancelled",
    "no-such-order": "cancel.no-such-order",
    "ended-before": "cancel.no-such-order",
    "expired-before": "cancel.no-such-order",
  },
);
