import { parsePhoneNumberFromString } from "libphonenumber-js";
import { z } from "zod";

// What the gateway posts, as its documentation names it (africas-talking.md). Everything here is
// untrusted: after this file the service works with types.

/** No control characters: Postgres refuses NUL, and a log line must stay one line. */
const plain = (length_max: number) =>
  z
    .string()
    .max(length_max)
    .regex(/^[^\p{Cc}]*$/u, "control characters");

/** E.164. A `+` that was not escaped arrives as a space, or not at all. */
const phone = plain(30).transform((text, context) => {
  const parsed = parsePhoneNumberFromString(`+${text.trim().replace(/^\+/, "")}`);
  if (parsed?.isPossible() === true) return parsed.number;
  context.addIssue({ code: "custom", message: "not a phone number" });
  return z.NEVER;
});

/** One turn of a USSD session. Unknown network codes are accepted, so the field is not looked at. */
export const ussdFields = z
  .object({
    sessionId: plain(100).min(1),
    phoneNumber: phone,
    serviceCode: z
      .string()
      .max(60)
      .regex(/^\*[0-9*]+#$/, "not a service code"),
    text: plain(2000),
  })
  .transform(({ sessionId, phoneNumber, serviceCode, text }) => ({
    session_id: sessionId,
    phone: phoneNumber,
    service_code: serviceCode,
    replies: text === "" ? [] : text.split("*").map((reply) => reply.trim()),
  }));

/** One inbound text. Line breaks are words' ends; `linkId` and `date` are not relied upon. */
export const smsFields = z
  .object({
    id: plain(100).min(1),
    from: phone,
    to: plain(30).min(1),
    text: z.string().max(2000),
  })
  .transform(({ id, from, to, text }) => ({
    gateway_id: id,
    sender: from,
    number: to.trim(),
    text: text.replaceAll(/\p{Cc}+/gu, " "),
  }));

/** One delivery report. Unknown statuses and reasons are kept as they come. */
export const deliveryFields = z
  .object({
    id: plain(100).min(1),
    status: plain(40).min(1),
    failureReason: plain(200).optional(),
    // A report is worth keeping also where its number cannot be read.
    phoneNumber: phone.optional().catch(undefined),
  })
  .transform(({ id, status, failureReason, phoneNumber }) => ({
    gateway_id: id,
    status,
    reason: failureReason ?? null,
    recipient: phoneNumber ?? null,
  }));

/** Somebody has opted out with the provider. */
export const optOutFields = z
  .object({ senderId: plain(30), phoneNumber: phone })
  .transform(({ senderId, phoneNumber }) => ({ sender_id: senderId.trim(), phone: phoneNumber }));

/** Which fields were wrong and why, without what they held. */
export const complaintOf = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
