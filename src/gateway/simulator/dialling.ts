import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Post } from "./post.ts";

/** What may go wrong with one turn between the network and the service. */
export type TurnFault =
  /** The same turn is sent twice: one after the other, or at one moment. */
  | { readonly type: "twice"; readonly at_once?: boolean | undefined }
  | { readonly type: "delay"; readonly ms: number }
  /** It never arrives; the caller sees a network error and may press again. */
  | { readonly type: "drop" }
  /** It arrives only after the turn that follows it. */
  | { readonly type: "reorder" }
  /** What was pressed before arrives changed. */
  | { readonly type: "diverge" };

/** How the end of a session is told, if it is; `input` and `lastAppResponse` carry PINs. */
export interface EndEvent {
  readonly status?: "Success" | "Incomplete" | "Failed" | undefined;
  /** 0: never. */
  readonly times?: number | undefined;
  readonly late_ms?: number | undefined;
}

/** A call that goes through the gateway. */
export interface Dialling {
  readonly session_id: string;
  /** @returns what the service answered, or undefined when the turn did not arrive (yet). */
  readonly press: (input: string, fault?: TurnFault) => Promise<string | undefined>;
  readonly hangUp: (event?: EndEvent) => Promise<void>;
  /** What the first turn was answered. */
  readonly shown: string | undefined;
}

/** Dials a code: the first turn has an empty text, the others all that was pressed, joined by `*`. */
export async function dial(
  post: Post,
  phone: string,
  service_code: string,
  fault?: TurnFault,
): Promise<Dialling> {
  const session_id = `ATUid_${randomBytes(16).toString("hex")}`;
  const pressed: string[] = [];
  // Turns that were overtaken, to be sent after the next one.
  let held: string[] = [];

  const fieldsOf = (text: string) => ({
    sessionId: session_id,
    phoneNumber: phone,
    networkCode: "63902",
    serviceCode: service_code,
    text,
  });
  const arrive = async (text: string): Promise<string> => (await post("ussd", fieldsOf(text))).body;

  const turn = async (text: string, fault?: TurnFault): Promise<string | undefined> => {
    switch (fault?.type) {
      case "drop":
        return undefined;
      case "reorder":
        held.push(text);
        return undefined;
      case "delay":
        await sleep(fault.ms);
        break;
      case "diverge":
        return await arrive(text.replace(/^[^*]*/, "9"));
      case "twice": {
        if (!fault.at_once) await arrive(text);
        else return (await Promise.all([arrive(text), arrive(text)]))[0];
        break;
      }
      case undefined:
        break;
    }
    const answer = await arrive(text);
    const late = held;
    held = [];
    for (const overtaken of late) await arrive(overtaken);
    return answer;
  };

  const shown = await turn("", fault);
  return {
    session_id,
    shown,
    press: async (input, fault) => {
      pressed.push(input);
      return await turn(pressed.join("*"), fault);
    },
    hangUp: async ({ status = "Success", times = 1, late_ms = 0 } = {}) => {
      if (late_ms > 0) await sleep(late_ms);
      const { text: input, ...fields } = fieldsOf(pressed.join("*"));
      for (let time = 0; time < times; time += 1)
        await post("ussd/events", {
          ...fields,
          date: "2026-03-14 14:40:00",
          status,
          cost: "KES 0.0000",
          durationInMillis: "21000",
          hopsCount: String(pressed.length + 1),
          hopsMetadata: "",
          input,
          lastAppResponse: "END",
          errorMessage: status === "Success" ? "" : "Session ended",
        });
    },
  };
}
