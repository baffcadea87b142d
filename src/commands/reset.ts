import { startReset } from "../domain/resets.ts";
import { readPhone } from "../domain/phones.ts";
import { command, nameWord, optional, phoneWord, pinWord, unreadable } from "../sms/grammar.ts";
import { personAnswers, personAt } from "./person.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";

/** `RESET <phone> [first name] <PIN>`: a manager starts the reset of somebody's PIN (R27). */
export const reset = command(
  "reset",
  { phone: phoneWord, name: optional(nameWord), pin: pinWord },
  async ({ phone: typed, name, pin }, texter: Texter) => {
    const phone = readPhone(typed, texter.community);
    if (phone === undefined) return unreadable("phone");
    const proving = { role: "manager", pin, doing: ["reset-started"] } as const;
    return await withPin(texter, proving, async (manager) => {
      const found = await personAt(texter, { phone, name });
      if (found.type !== "found") return found;
      const started = await startReset(texter, { manager, member: found.member });
      // The manager's own account has a PIN, or this would not be reached.
      return started.type === "no-pin-yet"
        ? { ...started, type: "no-pin-there" as const }
        : started;
    });
  },
  {
    ...pinAnswers,
    ...personAnswers,
    asks: "reset.asks",
    "reset-started": "reset.started",
    "reset-before": "reset.before",
    "no-pin-there": "reset.no-pin",
    "own-account": "deed.own-account",
  },
);
