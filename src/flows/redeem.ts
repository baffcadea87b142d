import { readFunds } from "../domain/balance.ts";
import { requestRedemption } from "../domain/redemptions.ts";
import { rewardsInForce } from "../domain/rewards.ts";
import { END, flow } from "../ussd/flow.ts";
import { choose, confirm, unless } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";
import { ownName, pinAfterName } from "./own.ts";

/** Where a reward is handed over; id null where the partner does it. */
interface Counter {
  readonly [key: string]: string | null;
  readonly id: string | null;
  readonly name: string;
  readonly place: string;
}

/** Spend SoCCs on a reward, to be collected at a vendor (R13). */
export const redeem = flow<Caller>("redeem")
  .ask(
    "reward",
    choose({
      from: async (call) => {
        const [{ balance }, rewards] = await Promise.all([
          readFunds(call, call.caller),
          rewardsInForce(call.trx, call.community, call.caller),
        ]);
        return rewards.map((reward) => ({
          ...reward,
          missing: Math.max(0, reward.price - balance),
        }));
      },
      key: ({ position }) => position,
      line: ({ name, price }) => ({ name, price }),
    }),
  )
  .ask(
    "affordable",
    unless("too-dear", (_call: Caller, { reward: { name, price, missing } }) =>
      missing > 0 ? { name, price, missing } : undefined,
    ),
  )
  .ask(
    "vendor",
    choose({
      from: (_call: Caller, { reward }): readonly Counter[] => reward.vendors,
      line: ({ name, place }) => ({ name, place }),
      settled: ({ community }, { reward: { vendors } }) =>
        vendors.length < 2
          ? (vendors[0] ?? { id: null, name: community.name, place: "" })
          : undefined,
    }),
  )
  .ask("name", ownName)
  .ask(
    "agreed",
    confirm(({ reward, vendor }) => ({
      name: reward.name,
      price: reward.price,
      vendor: vendor.name,
      // An unlock asks for the balance and takes nothing (R7).
      taken: reward.kind === "unlock" ? 0 : reward.price,
    })),
  )
  .ask("pin", pinAfterName)
  .act(
    ({ reward, vendor }, call) =>
      requestRedemption(call, {
        once: call.once,
        member: call.caller,
        reward_id: reward.id,
        vendor_id: vendor.id,
      }),
    {
      requested: END,
      "requested-at-partner": END,
      "open-already": END,
      "balance-too-low": END,
      "budget-reached": END,
      "out-of-stock": { again: "reward" },
      "no-longer-offered": { again: "reward" },
    },
  );
