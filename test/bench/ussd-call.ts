import { randomBytes } from "node:crypto";
import { makePoster } from "../support/poster.ts";

export const bench_secret = "the-secret-of-the-bench";
export const bench_pepper = "the-pepper-of-the-bench";
export const home_text =
  "SoCC Kisumu Manyatta\n1. Balance, SoCC Book\n2. Claim a deed\n3. Redeem\n4. Send SoCCs\n" +
  "5. Community\n6. My account\n7. Help";

/** Makes one call of two key presses: the code is dialled, then 1 for the balance. */
export const makeCaller = (connections: number) => {
  const poster = makePoster({ connections });
  const post = async (url: string, fields: Record<string, string>): Promise<string> => {
    const posted = await poster.post(url, fields);
    if (posted.type !== "answered") throw new Error(`not answered: ${posted.type}`);
    return posted.body;
  };
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
    close: poster.close,
  };
};
