import { randomUUID } from "node:crypto";
import type { Received } from "../../src/gateway/simulator/phones.ts";
import type { Tally } from "../../src/gateway/simulator/tally.ts";
import type { Known } from "./gateway.ts";

/** The gateway process, as its phones and its operator see it. */
export interface Gateway {
  /** A phone sends a text, which is delivered until it is answered 200. @returns its id. */
  readonly text: (from: string, to: string, text: string) => Promise<string>;
  /** Texts that have reached a phone, the oldest first. */
  readonly inbox: (phone: string, after: number) => Promise<readonly Received[]>;
  /** From now on this share of all sends gets no answer, and half of those go out all the same. */
  readonly hang: (share: number) => Promise<void>;
  readonly tally: () => Promise<Tally>;
  readonly known: () => Promise<Known>;
}

export function gatewayAt(url: string): Gateway {
  const get = async (path: string): Promise<unknown> => await (await fetch(url + path)).json();
  const control = async (path: string, asked: object): Promise<void> => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify(asked);
    const { status } = await fetch(`${url}/control/${path}`, { method: "POST", headers, body });
    if (status !== 204) throw new Error(`the gateway's controls answered ${status}`);
  };
  return {
    text: async (from, to, text) => {
      const id = randomUUID();
      await control("text", { from, to, text, id });
      return id;
    },
    // What the gateway's own routes answer is as its types say.
    inbox: async (phone, after) => {
      const path = `/phones/${encodeURIComponent(phone)}/messages?after=${after}`;
      return ((await get(path)) as { messages: Received[] }).messages;
    },
    hang: (share) =>
      control("chance", {
        share,
        faults: [
          { answer: "hang", delivers: false },
          { answer: "hang", delivers: true },
        ],
      }),
    tally: async () => (await get("/control/tally")) as Tally,
    known: async () => (await get("/known")) as Known,
  };
}
