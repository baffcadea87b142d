/**
 * What an answer says of the gateway as a whole rather than of the text: the account is refused or
 * empty, or its address is wrong, which a person must mend; or it is out of order, which mostly passes.
 */
export type Trouble = "account" | "gateway";

/** What a text costs, exactly: ISO 4217 and a decimal, such as `KES` and `0.8000`. */
export interface Cost {
  readonly currency: string;
  readonly amount: string;
}

/** What became of one text handed to the gateway. */
export type SendResult =
  /** Taken; reports will come under this id. The cost is null where it says none that can be read. */
  | { readonly type: "accepted"; readonly gateway_id: string; readonly cost: Cost | null }
  /** Never will be taken as it is: a bad number; or whoever it is for wants no texts. */
  | {
      readonly type: "refused";
      readonly reason: string;
      readonly opted_out?: true;
      readonly trouble?: Trouble;
    }
  /** Certainly not taken; may be tried again. */
  | { readonly type: "not-taken"; readonly reason: string; readonly trouble?: Trouble }
  /** Perhaps taken. There is no idempotency key, so it may not be sent again blindly. */
  | { readonly type: "unknown"; readonly reason: string; readonly trouble?: Trouble };

/** What carries texts to phones. It answers every fault as a value and never throws. */
export interface Gateway {
  /**
   * @param to E.164. @param text at least one character.
   * @param from the short code, number or name it comes from, so that an answer reaches it; undefined
   *   leaves it to the account.
   */
  readonly send: (to: string, text: string, from: string | undefined) => Promise<SendResult>;
}
