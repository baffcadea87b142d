import { randomBytes } from "node:crypto";
import type { Posted, Poster } from "../support/poster.ts";
import type { Seen } from "./record.ts";

/** What a phone of the town dials through. */
export interface Line {
  readonly poster: Poster;
  /** Where USSD callbacks are posted to. */
  readonly url: string;
  readonly ussd_code: string;
  /** Told of every press. */
  readonly onSeen: (begin: () => Promise<Seen>) => Promise<Seen>;
}

/** A call in progress. */
export interface Call {
  readonly session_id: string;
  /** Presses a key; the first is an empty one, the dial itself. */
  readonly press: (reply: string) => Promise<Seen>;
}

/** Dials as the network would. */
export function openCall({ poster, url, ussd_code, onSeen }: Line, phone: string): Call {
  const session_id = `ATUid_${randomBytes(16).toString("hex")}`;
  const pressed: string[] = [];
  return {
    session_id,
    press: async (reply) => {
      if (reply !== "") pressed.push(reply);
      const fields = {
        sessionId: session_id,
        phoneNumber: phone,
        networkCode: "63902",
        serviceCode: ussd_code,
        text: pressed.join("*"),
      };
      return await onSeen(async () => seenOf(await poster.post(url, fields)));
    },
  };
}

/** Reads an answer as the gateway would, and an apology as a person would. */
export function seenOf(posted: Posted): Seen {
  if (posted.type !== "answered") return posted;
  const { status, body } = posted;
  // Only the proxy says so: the service itself always answers 200.
  if (status === 502) return { type: "cut" };
  if (status !== 200 || !/^(CON|END) ./.test(body))
    return { type: "wrong", text: `${status} ${body.slice(0, 200)}` };
  const text = body.slice(4);
  if (body.startsWith("CON ")) return { type: "con", text };
  if (!text.startsWith("Sorry")) return { type: "end", text };
  return { type: text.includes("Nothing was taken") ? "nothing-taken" : "unsure" };
}

/** Whether a screen offers to go on with a call that broke off. */
export const isOffer = (text: string): boolean => text.includes("Your last call broke off");
