import { InvalidArgumentError } from "commander";
import { text } from "../domain/text.ts";
import { month_form } from "../reports/months.ts";

/** Reads words of one line, as the admin API takes them. */
export const textGiven =
  (length_max: number) =>
  (given: string): string => {
    if (!text(length_max).safeParse(given).success)
      throw new InvalidArgumentError(`wants 1 to ${length_max} characters on one line`);
    return given;
  };

/** Reads a month. */
export function monthGiven(given: string): string {
  if (!month_form.test(given)) throw new InvalidArgumentError("wants a month, such as 2026-10");
  return given;
}

/** Reads a whole number between bounds. @param what "days", where the bounds are of something. */
export const wholeNumber =
  (least: number, most: number, what = "") =>
  (given: string): number => {
    const number = Number(given);
    if (!Number.isInteger(number) || number < least || number > most)
      throw new InvalidArgumentError(`wants ${least} to ${most}${what && ` ${what}`}`);
    return number;
  };
