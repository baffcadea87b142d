import { enrolGroup } from "../domain/joining.ts";
import { readPhone } from "../domain/phones.ts";
import { command, phoneWord, pinWord, unreadable } from "../sms/grammar.ts";
import { enrolAnswers, fullName } from "./enrol.ts";
import { withPin, type Texter } from "./sender.ts";

/** `GROUP <phone> <name> <PIN>`: a manager enrols a group, kept by whoever has the phone (R16). */
export const group = command(
  "group",
  { phone: phoneWord, name: fullName, pin: pinWord },
  async ({ phone: typed, name, pin }, texter: Texter) => {
    const phone = readPhone(typed, texter.community);
    if (phone === undefined) return unreadable("phone");
    return await withPin(texter, { role: "manager", pin, doing: ["enrolled"] }, (manager) =>
      enrolGroup(texter, { manager, phone, name }),
    );
  },
  enrolAnswers,
);
