import { keyOfOrder, orderByCode, type Named } from "../domain/handover.ts";
import { handOver } from "../domain/settling.ts";
import type { Looked } from "../domain/vendor-tries.ts";
import { END, flow, type Reading } from "../ussd/flow.ts";
import type { Json } from "../ussd/flow.ts";
import { typed } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";

interface Before {
  readonly order: Named;
}

/** The key of what the code named; false where it is asked for otherwise. */
const keyOf = (
  spec: Pick<Parameters<typeof typed<Caller, Before, boolean>>[0], "settled" | "fields">,
) => ({
  ...typed<Caller, Before, boolean>({
    ...spec,
    hints: ["not-a-key", "wrong-code"],
    effects: true,
    read: async (reply, call, { order }) =>
      /^\d{5}$/.test(reply)
        ? reading(await keyOfOrder(call, { vendor: call.caller, order, key: reply }))
        : { type: "unread", hint: "not-a-key" },
  }),
  secret: true as const,
});

/**
 * A vendor hands over a reward: the order's code, then the key that only the member has (R13). A code
 * that names no open order is asked for its key as well, whether it never named one or its order has
 * ended: who has the key is told how it ended, and nobody else that there was one.
 */
export const handover = flow<Caller>("handover")
  .ask(
    "order",
    typed<Caller, object, Named>({
      hints: ["not-a-code"],
      effects: true,
      read: async (reply, call) =>
        /^\d{6}$/.test(reply)
          ? reading(await orderByCode(call, { vendor: call.caller, code: reply }))
          : { type: "unread", hint: "not-a-code" },
    }),
  )
  .ask(
    "key",
    keyOf({
      settled: (_call, { order }) => (order.is_open ? undefined : false),
      fields: (_call, { order }) =>
        order.is_open ? { name: order.name, member: order.member, amount: order.amount } : {},
    }),
  )
  .ask(
    "ended-key",
    keyOf({
      settled: (_call, { order }) => (order.is_open ? false : undefined),
      fields: (_call, { order }) => (order.is_open ? {} : { tries: order.tries }),
    }),
  )
  .act(
    async ({ order }, call) => {
      if (order.id === null) throw new Error("a key was right for no order");
      return await handOver(call, { vendor: call.caller, redemption_id: order.id });
    },
    {
      settled: END,
      unlocked: END,
      "unlock-short": END,
      "paid-before": END,
      "unlocked-before": END,
      "called-off-before": END,
      "expired-before": END,
    },
  );

function reading<T extends Json>(looked: Looked<T>): Reading<T> {
  switch (looked.type) {
    case "found":
      return { type: "read", value: looked.found };
    case "wrong":
      return { type: "unread", hint: "wrong-code", fields: looked.fields };
    case "key-spent":
      return { type: "stop", screen: "key-spent" };
    case "locked":
      return { type: "stop", screen: "vendor-locked", fields: looked.fields };
  }
}
