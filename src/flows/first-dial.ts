import { setLanguage } from "../domain/languages.ts";
import { chooseFirstPin } from "../domain/resets.ts";
import { END, flow } from "../ussd/flow.ts";
import type { Caller } from "./call.ts";
import { language } from "./language.ts";
import { samePinAgain, freshPin } from "./new-pin.ts";

/** The first call: the language, then a PIN twice (R26). */
export const firstDial = flow<Caller>("first-dial")
  .ask("language", language)
  .act(
    async ({ language }, call) => {
      await setLanguage(call, call.caller, language.code);
      return { type: "spoken", speaks: language.code };
    },
    { spoken: { go: "first-pin" } },
  );

/** A PIN where there is none yet, or where a manager's reset has come due (R27). */
export const firstPin = flow<Caller>("first-pin")
  .ask("pin", freshPin)
  .ask("same", samePinAgain)
  .act(({ pin }, call) => chooseFirstPin(call, { member: call.caller, hash: pin }), {
    "pin-set": END,
    "not-now": END,
  });
