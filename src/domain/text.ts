import { z } from "zod";

/** Words that Postgres can keep and a screen can show. */
export const text = (length_max: number) =>
  z
    .string()
    .min(1)
    .max(length_max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "no control characters")
    .regex(/\S/, "more than spaces");

/** The same, of several lines. */
export const prose = (length_max: number) =>
  z
    .string()
    .min(1)
    .max(length_max)
    .regex(/^(?:[^\p{Cc}\p{Cs}]|\n)*$/u, "no control characters")
    .regex(/\S/, "more than spaces");
