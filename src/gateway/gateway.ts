/** What became of one text handed to the gateway. */
export type SendResult =
  /** Taken; reports will come under this id. */
  | { readonly type: "accepted"; readonly gateway_id: string }
  /** Never will be taken as it is: a bad number, an opt-out. */
  | { readonly type: "refused"; readonly reason: string }
  /** Certainly not taken; may be tried again. */
  | { readonly type: "not-taken"; readonly reason: string }
  /** Perhaps taken. There is no idempotency key, so it may not be sent again blindly. */
  | { readonly type: "unknown"; readonly reason: string };

/** What carries texts to phones. It answers every fault as a value and never throws. */
export interface Gateway {
  /** @param to E.164. @param text at least one character. */
  readonly send: (to: string, text: string) => Promise<SendResult>;
}
