import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import { Refused } from "./operator.ts";

/** Where a running service takes callbacks, and what shows them to be the gateway's. */
export interface Callbacks {
  readonly url: string;
  readonly secret: string;
}

/** `soccs dial`: a phone in the terminal, for support and training. */
export function addDial(program: Command, ownService: () => Callbacks): void {
  program
    .command("dial")
    .description(
      "Dial a running service as the network would, and answer its screens. What is typed here acts " +
        "as if typed on the phone.",
    )
    .argument("<phone>", "whose phone, such as +254711000101")
    .option("--code <code>", "what is dialled", "*384*2255#")
    .option("--url <url>", "the service; the one of this machine, by PORT, without")
    .action(async (phone: string, { code, url }: { code: string; url?: string }) => {
      if (!/^\+?\d{7,15}$/.test(phone)) throw new Refused(`"${phone}" is not a phone number`);
      if (!/^\*[\d*]+#$/.test(code)) throw new Refused(`"${code}" cannot be dialled`);
      const own = ownService();
      await call({ phone, code, url: `${url ?? own.url}/at/${own.secret}/ussd` });
    });
}

/** Shows screens and sends what is typed until the call ends or the typist hangs up. */
async function call(line: { phone: string; code: string; url: string }): Promise<void> {
  const sessionId = `ATUid_${randomBytes(16).toString("hex")}`;
  const keys = createInterface({ input: process.stdin });
  const typed = keys[Symbol.asyncIterator]();
  const replies: string[] = [];
  try {
    for (;;) {
      const answer = await turn(line, sessionId, replies.join("*"));
      console.log(`\n${answer.slice(4)}`);
      if (answer.startsWith("END ")) return;
      process.stdout.write("> ");
      const next = await typed.next();
      // Ctrl-C and the end of the input hang up, as on a phone.
      if (next.done === true) return;
      replies.push(next.value.trim());
    }
  } finally {
    keys.close();
  }
}

async function turn(
  { phone, code, url }: { phone: string; code: string; url: string },
  sessionId: string,
  text: string,
): Promise<string> {
  const fields = { sessionId, phoneNumber: phone, serviceCode: code, networkCode: "99999", text };
  const body = new URLSearchParams(fields);
  const answer = await fetch(url, { method: "POST", body }).catch(() => undefined);
  if (answer === undefined)
    throw new Refused("no service answers there: start it, or say where it is with --url");
  const said = await answer.text();
  if (!/^(CON|END) /.test(said))
    throw new Refused("what answers there is no service of this kind, or has another secret");
  return said;
}
