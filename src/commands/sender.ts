import type { Context } from "../domain/context.ts";
import type { Member } from "../domain/members.ts";
import { checkPin } from "../domain/pins.ts";

/** What every command works with: who sent the text. */
export interface Sender extends Context {
  readonly sender: Member;
}

type Refused =
  | { readonly type: "managers-only" }
  | { readonly type: "wrong-pin"; readonly fields: { readonly tries: number } }
  | { readonly type: "pin-locked"; readonly fields: { readonly minutes: number } }
  | { readonly type: "pin-blocked" };

/** Runs what only managers may do, with their PIN; else says why not. */
export async function asManager<O>(
  context: Sender,
  digits: string,
  act: () => Promise<O>,
): Promise<O | Refused> {
  if (!context.sender.roles.includes("manager")) return { type: "managers-only" };
  const verdict = await checkPin(context, context.sender, digits);
  switch (verdict.type) {
    case "right":
      return await act();
    case "wrong":
      return { type: "wrong-pin", fields: { tries: verdict.tries_left } };
    case "locked":
      return { type: "pin-locked", fields: { minutes: verdict.minutes } };
    case "blocked":
      return { type: "pin-blocked" };
  }
}

/** The texts that answer what any manager's decision may come to. */
export const managerAnswers = {
  "managers-only": "managers-only",
  "wrong-pin": "wrong-pin",
  "pin-locked": "pin-locked",
  "pin-blocked": "pin-blocked",
  "no-such-claim": "no-such-claim",
  "own-claim": "own-claim",
} as const;
