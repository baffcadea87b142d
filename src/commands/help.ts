import { pinPlace } from "../domain/notify.ts";
import { fitsText } from "../sms/fit.ts";
import { command, withShort, type Command, type Word } from "../sms/grammar.ts";
import type { Role } from "../domain/members.ts";
import type { Texter } from "./sender.ts";

type Kind = "stranger" | Role;

/** What each can text, what matters most first: what is first stands on the first page. */
export const can: Readonly<
  Record<Role, { readonly first: readonly string[]; readonly more: readonly string[] }>
> = {
  manager: {
    first: ["list", "ok", "no", "deed", "enrol", "reset"],
    more: ["move", "decline", "done", "group", "propose"],
  },
  vendor: { first: ["done", "cashout", "send", "bal", "book"], more: ["shop", "redeem", "cancel"] },
  member: {
    first: ["bal", "earn", "claim", "shop", "redeem", "send", "book"],
    more: ["vote", "cancel", "dispute"],
  },
  group: { first: ["bal", "shop", "redeem", "send", "book"], more: ["cancel", "dispute"] },
};

/** What whoever has an account can text. */
export const of_all = ["dispute", "pin", "number", "keep", "lang", "join", "stop", "start"];

/** What may follow HELP: a page's number or a command's keyword; what else is said is let be. */
const about: Word<string> = {
  takes: "rest",
  // Somebody may text their PIN here.
  secret: true,
  read: (text) => text.split(" ")[0]?.slice(0, 40),
};

const firstPages = {
  stranger: "help.stranger",
  member: "help.member",
  manager: "help.manager",
  vendor: "help.vendor",
  group: "help.group",
} as const;

/**
 * `HELP`: what can be texted, and who to ask (R32). `HELP 2` and so on go on, and `HELP SEND` says
 * how that one is used and what it does.
 */
export const help: Command<Texter> = {
  ...withShort(
    command("help", {}, (_said, texter: Texter) => Promise.resolve(firstPage(texter)), firstPages),
    { about },
    ({ about: said }, texter: Texter) => Promise.resolve(helpAbout(texter, said)),
    { ...firstPages, page: "help.page", last: "help.last", command: "help.command" },
  ),
  open: true,
};

function firstPage({ community, accounts }: Texter) {
  const fields = { help: community.help_number, community: community.name };
  return { type: kindOf(accounts), fields };
}

function helpAbout(texter: Texter, said: string) {
  const { accounts, community, keywords, language } = texter;
  if (accounts.length === 0) return firstPage(texter);
  if (/^\d$/.test(said)) return pagesOf(texter)[Number(said) - 2] ?? firstPage(texter);
  const named = keywords.named({ language, languages: community.languages }, said);
  if (named === undefined) return firstPage(texter);
  return { type: "command" as const, fields: keywords.told(language, named, pinPlace(community)) };
}

/** The pages after the first: as many commands on each as a text holds. */
function pagesOf({ accounts, community, keywords, language, say }: Texter) {
  const places = pinPlace(community);
  const pages: string[][] = [];
  const has_room = (usages: readonly string[]): boolean =>
    ["help.page", "help.last"].every((key) =>
      fitsText(say(language, [key], { commands: usages.join(". "), page: 9 }).text),
    );
  for (const name of moreOf(accounts)) {
    const { usage } = keywords.told(language, name, places);
    const page = pages.at(-1);
    if (page !== undefined && has_room([...page, usage])) page.push(usage);
    else pages.push([usage]);
  }
  return pages.map((usages, at) => {
    const type = at === pages.length - 1 ? ("last" as const) : ("page" as const);
    return { type, fields: { commands: usages.join(". "), page: at + 3 } };
  });
}

/** What the accounts of a phone can text besides what stands on the first page, each once. */
function moreOf(accounts: Texter["accounts"]): readonly string[] {
  const kind = kindOf(accounts);
  if (kind === "stranger") return [];
  const others = roles.filter((role) => role !== kind && has(accounts, role));
  const all = [
    ...can[kind].more,
    ...others.flatMap((role) => [...can[role].first, ...can[role].more]),
    ...of_all,
  ];
  return [...new Set(all)].filter((name) => !can[kind].first.includes(name));
}

/** The most that an account can do goes before the rest. */
const roles = ["manager", "vendor", "member", "group"] as const satisfies readonly Role[];

const has = (accounts: Texter["accounts"], role: Role): boolean =>
  accounts.some((account) => account.roles.includes(role));

/** The most that any account of the phone can do. */
const kindOf = (accounts: Texter["accounts"]): Kind =>
  roles.find((role) => has(accounts, role)) ?? "stranger";
