import { Agent, request } from "node:http";

/** What came of one form posted to a server. */
export type Posted =
  | { readonly type: "answered"; readonly status: number; readonly body: string }
  /** The connection broke before there was a whole answer: nobody knows what was done. */
  | { readonly type: "cut" }
  /** No answer in time. */
  | { readonly type: "late" };

/** Posts forms over connections that are kept alive, as the gateway does. */
export interface Poster {
  readonly post: (url: string, fields: Readonly<Record<string, string>>) => Promise<Posted>;
  readonly close: () => void;
}

/** @param timeout_ms the gateway waits ten seconds. */
export function makePoster({
  connections,
  timeout_ms = 10_000,
}: {
  readonly connections: number;
  readonly timeout_ms?: number;
}): Poster {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return {
    post: (url, fields) =>
      new Promise((resolve) => {
        const body = new URLSearchParams(fields).toString();
        const headers = {
          "content-type": "application/x-www-form-urlencoded",
          "content-length": Buffer.byteLength(body),
        };
        const asked = request(url, { method: "POST", agent, headers }, (answer) => {
          let text = "";
          answer.setEncoding("utf8");
          answer.on("data", (chunk: string) => (text += chunk));
          answer.on("end", () =>
            resolve({ type: "answered", status: answer.statusCode ?? 0, body: text }),
          );
          answer.on("error", () => resolve({ type: "cut" }));
        });
        const timer = setTimeout(() => {
          resolve({ type: "late" });
          asked.destroy();
        }, timeout_ms);
        asked.on("error", () => resolve({ type: "cut" }));
        asked.on("close", () => clearTimeout(timer));
        asked.end(body);
      }),
    close: () => agent.destroy(),
  };
}
