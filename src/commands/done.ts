import type { Account } from "../domain/callers.ts";
import { keyOfOrder, orderByCode } from "../domain/handover.ts";
import { orderToSettle } from "../domain/orders.ts";
import { handOver, settleWithoutKey } from "../domain/settling.ts";
import { command, digits, pinWord, unreadable, withShort } from "../sms/grammar.ts";
import { asOldest, byManager, managerAnswers, roleAnswers, type Texter } from "./sender.ts";

/**
 * `DONE <code> <key>`: a vendor hands over a reward (R13). Without a PIN: the key is what only the
 * member has, and wrong tries are counted together with those by dialling (R14).
 */
const withKey = command(
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

/**
 * Also `DONE <code> <PIN>`: a manager settles where the key cannot be given, the member's phone being
 * dead (R13). A key has five digits, so that nobody's PIN is taken for one.
 */
export const done = withShort(
  withKey,
  { code: digits(6), pin: pinWord },
  async ({ code, pin }, texter: Texter) => {
    // Where texts carry no PIN, this is also what a vendor texts who leaves out the key.
    if (!texter.accounts.some(({ roles }) => roles.includes("manager"))) return unreadable("key");
    const spec = { pin, doing: ["settled-for"] } as const;
    return await byManager(texter, spec, async (manager) => {
      const order = await orderToSettle(texter, code);
      if (order === undefined) return { type: "no-such-order" as const };
      const settled = await settleWithoutKey(texter, { manager, redemption_id: order.id });
      return settled.type === "settled" ? { ...settled, type: "settled-for" as const } : settled;
    });
  },
  {
    ...managerAnswers,
    asks: "done.asks",
    "settled-for": "done.settled-for",
    "no-such-order": "done.no-such-order",
    "own-account": "deed.own-account",
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
