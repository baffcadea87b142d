import type { Account } from "../domain/callers.ts";
import { keyOfOrder, orderByCode } from "../domain/handover.ts";
import { handOver } from "../domain/settling.ts";
import { command, digits } from "../sms/grammar.ts";
import { asOldest, roleAnswers, type Texter } from "./sender.ts";

/**
 * `DONE <code> <key>`: a vendor hands over a reward (R13). Without a PIN: the key is what only the
 * member has, and wrong tries are counted together with those by dialling (R14).
 */
export const done = command(
  "done",
  { code: digits(6), key: digits(5) },
  (said, texter: Texter) => asOldest(texter, "vendor", (vendor) => settle(texter, vendor, said)),
  {
    ...roleAnswers,
    settled: "done.settled",
    wrong: "done.wrong-code",
    locked: "done.locked",
    "ended-before": "done.ended-before",
    "expired-before": "done.expired-before",
  },
);

async function settle(
  texter: Texter,
  vendor: Account,
  { code, key }: { code: string; key: string },
) {
  const order = await orderByCode(texter, { vendor, code });
  if (order.type !== "found") return order;
  const { id } = order.found;
  const right = await keyOfOrder(texter, { vendor, order_id: id, key });
  if (right.type !== "found") return right;
  return await handOver(texter, { vendor, redemption_id: id });
}
