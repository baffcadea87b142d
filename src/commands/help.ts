import { command } from "../sms/grammar.ts";
import type { Sender } from "./sender.ts";

/** `HELP`: what can be texted, and who to ask (R32). */
export const help = command(
  "help",
  {},
  (_said, { community, sender }: Sender) =>
    Promise.resolve({
      type: sender.roles.includes("manager") ? ("manager" as const) : ("member" as const),
      fields: { help: community.help_number },
    }),
  { member: "help.member", manager: "help.manager" },
);
