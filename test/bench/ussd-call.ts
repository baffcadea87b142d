import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";

export const bench_secret = "the-secret-of-the-bench";
export const home_text =
  "SoCC Kisumu Manyatta\n1. Balance, SoCC Book\n2. Claim a deed\n3. Redeem\n4. Send SoCCs\n" +
  "5. Community\n6. My account\n7. Help";

/** Makes one call of two key presses: the code is dialled, then 1 for the balance. */
export const makeCaller = (connections: number) => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const post = (url: string, fields: Record<string, string>): Promise<string> =>
    new Promise((resolve, reject) => {
      const body = new URLSearchParams(fields).toString();
      const headers = {
        "content-type": "application/x-www-form-urlencoded",
        "content-length": Buffer.byteLength(body),
      };
      const asked = request(url, { method: "POST", agent, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => (text += chunk));
        answer.on("end", () => resolve(text));
      });
      asked.on("error", reject);
      asked.end(body);
    });
  return {
    call: async (url: string, phone: string, last: RegExp): Promise<void> => {
      const fields = {
        sessionId: `ATUid_${randomBytes(16).toString("hex")}`,
        phoneNumber: phone,
        networkCode: "63902",
        serviceCode: "*384*2255#",
      };
      const home = await post(url, { ...fields, text: "" });
      if (!home.startsWith("CON SoCC")) throw new Error(`not the home screen: ${home}`);
      const told = await post(url, { ...fields, text: "1" });
      if (!last.test(told)) throw new Error(`not the last screen: ${told}`);
    },
    close: () => agent.destroy(),
  };
};
