import { admitByEnd, enrol as enrolMember, readName } from "../domain/joining.ts";
import { readPhone } from "../domain/phones.ts";
import {
  command,
  phoneWord,
  pinWord,
  unreadable,
  withShort,
  digits,
  type Word,
} from "../sms/grammar.ts";
import { pinAnswers, withPin, type Texter } from "./sender.ts";

export const fullName: Word<string> = { takes: "rest", read: readName };

export const enrolAnswers = {
  ...pinAnswers,
  asks: "enrol.asks",
  enrolled: "enrol.enrolled",
  "known-here": "enrol.known-here",
  "phone-full": "enrol.phone-full",
} as const;

/**
 * `ENROL <phone> <name> <PIN>`: a manager enrols somebody (R26). Where they asked to join by text,
 * `ENROL <end> <name> <PIN>` lets them in by the last three digits of a number the manager is not
 * shown.
 */
const byPhone = command(
  "enrol",
  { phone: phoneWord, name: fullName, pin: pinWord },
  async ({ phone: typed, name, pin }, texter: Texter) => {
    const phone = readPhone(typed, texter.community);
    if (phone === undefined) return unreadable("phone");
    const language = texter.community.languages[0] ?? "en";
    return await withPin(texter, { role: "manager", pin, doing: ["enrolled"] }, (manager) =>
      enrolMember(texter, { manager, phone, name, language }),
    );
  },
  enrolAnswers,
);

export const enrol = withShort(
  byPhone,
  { phone: digits(3), name: fullName, pin: pinWord },
  ({ phone: end, name, pin }, texter: Texter) =>
    withPin(texter, { role: "manager", pin, doing: ["enrolled"] }, (manager) =>
      admitByEnd(texter, { manager, end, name }),
    ),
  { ...enrolAnswers, "no-such-request": "nobody-found" },
);
