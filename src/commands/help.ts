import { command, type Command } from "../sms/grammar.ts";
import type { Texter } from "./sender.ts";

/** `HELP`: what can be texted, and who to ask (R32). */
export const help: Command<Texter> = {
  ...command(
    "help",
    {},
    (_said, { community, accounts }: Texter) => {
      const fields = { help: community.help_number, community: community.name };
      return Promise.resolve({ type: kindOf(accounts), fields });
    },
    {
      stranger: "help.stranger",
      member: "help.member",
      manager: "help.manager",
      vendor: "help.vendor",
    },
  ),
  forgiving: true,
  open: true,
};

/** The most that any account of the phone can do. */
function kindOf(accounts: Texter["accounts"]): "stranger" | "member" | "manager" | "vendor" {
  const has = (role: "manager" | "vendor"): boolean =>
    accounts.some(({ roles }) => roles.includes(role));
  if (accounts.length === 0) return "stranger";
  if (has("manager")) return "manager";
  return has("vendor") ? "vendor" : "member";
}
