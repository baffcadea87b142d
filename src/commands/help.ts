import { command, type Command } from "../sms/grammar.ts";
import type { Role } from "../domain/members.ts";
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
      group: "help.group",
    },
  ),
  forgiving: true,
  open: true,
};

/** The most that any account of the phone can do. */
function kindOf(accounts: Texter["accounts"]): "stranger" | Role {
  const has = (role: Role): boolean => accounts.some(({ roles }) => roles.includes(role));
  if (accounts.length === 0) return "stranger";
  if (has("manager")) return "manager";
  if (has("vendor")) return "vendor";
  return has("member") ? "member" : "group";
}
