import { keyOfOrder, orderByCode, type Looked, type Order } from "../domain/handover.ts";
import { handOver } from "../domain/settling.ts";
import { END, flow, type Reading } from "../ussd/flow.ts";
import type { Json } from "../ussd/flow.ts";
import { typed } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";

/** A vendor hands over a reward: the order's code, then the key that only the member has (R13). */
export const handover = flow<Caller>("handover")
  .ask(
    "order",
    typed<Caller, object, Order>({
      hints: ["not-a-code", "wrong-code"],
      effects: true,
      read: async (reply, call) =>
        /^\d{6}$/.test(reply)
          ? reading(await orderByCode(call, { vendor: call.caller, code: reply }))
          : { type: "unread", hint: "not-a-code" },
    }),
  )
  .ask("key", {
    ...typed<Caller, { readonly order: Order }, true>({
      hints: ["not-a-key", "wrong-code"],
      effects: true,
      fields: (_call, { order: { name, member, amount } }) => ({ name, member, amount }),
      read: async (reply, call, { order }) =>
        /^\d{5}$/.test(reply)
          ? reading(await keyOfOrder(call, { vendor: call.caller, order_id: order.id, key: reply }))
          : { type: "unread", hint: "not-a-key" },
    }),
    secret: true,
  })
  .act(({ order }, call) => handOver(call, { vendor: call.caller, redemption_id: order.id }), {
    settled: END,
    "ended-before": END,
    "expired-before": END,
  });

function reading<T extends Json>(looked: Looked<T>): Reading<T> {
  switch (looked.type) {
    case "found":
      return { type: "read", value: looked.found };
    case "wrong":
      return { type: "unread", hint: "wrong-code", fields: looked.fields };
    case "locked":
      return { type: "stop", screen: "vendor-locked", fields: looked.fields };
  }
}
