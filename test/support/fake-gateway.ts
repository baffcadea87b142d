import type { Gateway, SendResult } from "../../src/gateway/gateway.ts";

/** A gateway that answers as it is told, one answer for each send, and keeps what it was given. */
export interface FakeGateway extends Gateway {
  readonly given: readonly { readonly to: string; readonly text: string }[];
  /** What each of them was to come from. */
  readonly senders: readonly (string | undefined)[];
}

type Answer = SendResult | (() => SendResult | Promise<SendResult>);

/** A send beyond the answers is a send too many, and says so. */
export function gatewayThatAnswers(...answers: readonly Answer[]): FakeGateway {
  const given: { to: string; text: string }[] = [];
  const senders: (string | undefined)[] = [];
  return {
    given,
    senders,
    send: async (to, text, from) => {
      const answer = answers[given.length];
      given.push({ to, text });
      senders.push(from);
      if (answer === undefined) throw new Error(`nobody expected "${text}" to be sent again`);
      return typeof answer === "function" ? await answer() : answer;
    },
  };
}

export const accepted = (gateway_id: string): Extract<SendResult, { type: "accepted" }> => ({
  type: "accepted",
  gateway_id,
  cost: { currency: "KES", amount: "0.8000" },
});
