import { join } from "node:path";
import { expect, test } from "vitest";
import { can, of_all } from "../../src/commands/help.ts";
import { commands } from "../../src/commands/index.ts";
import { allFlows } from "../../src/flows/index.ts";
import { loadWords } from "../../src/words/load.ts";

/** R25: what can be done, by the flows that do it when dialling and the commands by text. */
const capabilities: Readonly<
  Record<string, { readonly flows: readonly string[]; readonly commands: readonly string[] }>
> = {
  "ask to join, or for an account in one's household": {
    flows: ["stranger", "join", "household"],
    commands: ["join"],
  },
  "choose a language": { flows: ["first-dial", "language"], commands: ["lang"] },
  "choose or change a PIN": { flows: ["first-pin", "pin"], commands: ["pin"] },
  "see balance and SoCC Book": { flows: ["balance"], commands: ["bal", "book"] },
  "claim a deed": { flows: ["claim"], commands: ["earn", "claim"] },
  "redeem a reward": { flows: ["redeem"], commands: ["shop", "redeem"] },
  "send SoCCs": { flows: ["send"], commands: ["send"] },
  "ask for help": { flows: ["help"], commands: ["help"] },
  "decide on claims and disputes": {
    flows: ["confirm", "disputes"],
    commands: ["list", "ok", "no"],
  },
  "record a deed for a member": { flows: ["record"], commands: ["deed"] },
  "enrol, and let in who asked or not": {
    flows: ["enrol", "joins"],
    commands: ["enrol", "group", "decline"],
  },
  "reset a PIN": { flows: ["reset"], commands: ["reset"] },
  "ask for another number": { flows: ["number"], commands: ["number"] },
  "keep the number one has": { flows: ["keep-number"], commands: ["keep"] },
  "witness a change of number": { flows: ["witness", "move"], commands: ["move"] },
  "hand over a reward": { flows: ["handover", "settle"], commands: ["done"] },
  "dispute a receipt": { flows: ["dispute"], commands: ["dispute"] },
  "ask for cash": { flows: ["cash-out"], commands: ["cashout"] },
  "call off an order or a cash-out": { flows: ["orders", "cash-outs"], commands: ["cancel"] },
  "vote, and see what is open": { flows: ["community", "vote"], commands: ["vote"] },
  "propose what the cache is spent on": { flows: ["propose"], commands: ["propose"] },
};

/** A menu's own entries, which lead to what can be done. */
const menus = ["who", "home", "account", "manage"];

/** The network's own words, which only texts have (R32). */
const ofTextsAlone = ["stop", "start"];

const flowNames = allFlows.map(({ name }) => name);
const commandNames = [...commands.keys()];

test.each(Object.entries(capabilities))("%s is there on both sides", (_what, sides) => {
  expect(sides.flows.length).toBeGreaterThan(0);
  expect(sides.commands.length).toBeGreaterThan(0);
  for (const flow of sides.flows) expect(flowNames).toContain(flow);
  for (const command of sides.commands) expect(commandNames).toContain(command);
});

test("every flow and every command is one side of a capability", () => {
  const sides = Object.values(capabilities);
  const flows = [...sides.flatMap((side) => side.flows), ...menus];
  const texts = [...sides.flatMap((side) => side.commands), ...ofTextsAlone];
  expect(flowNames.toSorted()).toEqual(flows.toSorted());
  expect(commandNames.toSorted()).toEqual(texts.toSorted());
});

/**
 * R25: what can be seen. Every screen that lists or tells something, what it shows, and the command
 * and the text that show the same.
 */
const shown: Readonly<Record<string, readonly [what: string, command: string, text: string]>> = {
  "balance.told": ["balance, last entries and the cache", "bal", "bal.told"],
  "claim.deed": ["the Earning Menu", "earn", "earn.told"],
  "redeem.reward": ["the Redeeming Menu", "shop", "shop.told"],
  "redeem.vendor": ["the vendors of a reward", "redeem", "redeem.which-vendor"],
  "send.recipient": ["whom a phone serves", "send", "send.several"],
  "community.told": ["the cache", "vote", "vote.none-open"],
  "language.language": ["the languages", "lang", "lang.unknown"],
  "first-dial.language": ["the languages", "lang", "lang.unknown"],
  "stranger.language": ["the languages", "lang", "lang.unknown"],
  "keep-number.change": ["one's change of number", "number", "number.pending"],
  "confirm.deed": ["waiting claims by deed, how many and how much", "list", "list.deeds"],
  "confirm.claims": ["the waiting claims of a deed", "list", "list.deed"],
  "joins.request": ["who asks to join", "list", "list.join"],
  "witness.change": ["who moves to a new number", "list", "list.number"],
  "disputes.dispute": ["disputes that wait for a manager", "list", "list.dispute"],
  "record.deed": ["the Earning Menu", "earn", "earn.told"],
  "record.person": ["whom a phone serves", "deed", "deed.several"],
  "reset.person": ["whom a phone serves", "reset", "which-of-several"],
  "move.person": ["whom a phone serves", "move", "which-of-several"],
  "propose.reward": ["the communal rewards and the cache", "propose", "propose.listed"],
  "vote.proposal": ["the open proposals", "vote", "vote.listed"],
  "vote.choice": ["how a proposal stands", "vote", "vote.shown"],
  "vote.members-vote": ["how a proposal stands", "vote", "vote.shown"],
  "orders.order": ["one's open orders", "cancel", "cancel.listed"],
  "cash-outs.cash-out": ["one's cash-outs that wait", "cancel", "cancel.listed"],
  "settle.order": ["open orders that a manager may settle", "done", "done.to-settle"],
  "help.told": ["whom to ask", "help", "help.member"],
};

/** Screens whose list a text has no need of, and why. */
const notByText: Readonly<Record<string, string>> = {
  "who.account": "a text says by its PIN, or a first name, which account is meant",
  "dispute.receipt": "each receipt is a text itself, and is named by its code",
};

const words = loadWords(join(import.meta.dirname, "../../menus/words"));

test("every screen that lists or tells something has a command that shows the same", () => {
  const lists = Object.entries(words.in("en").screens).flatMap(([flow, screens]) =>
    Object.entries(screens)
      .filter(
        ([name, { line, title }]) => line !== undefined || name === "told" || /yes \{/.test(title),
      )
      .map(([name]) => `${flow}.${name}`),
  );
  expect([...Object.keys(shown), ...Object.keys(notByText)].toSorted()).toEqual(lists.toSorted());
});

test.each(
  Object.entries(shown).map(([screen, [what, name, text]]) => ({ screen, what, name, text })),
)("$screen shows $what, and so does $name", ({ name, text }) => {
  expect(Object.values(commands.get(name)?.answers ?? {})).toContain(text);
});

test("HELP tells somebody of every command, and its first page of those that it should", () => {
  const told = Object.values(can).flatMap(({ first, more }) => [...first, ...more]);
  expect(commandNames.filter((name) => ![...told, ...of_all, "help"].includes(name))).toEqual([]);
  for (const { commands: named, texts } of words.languages.values())
    for (const [role, { first }] of Object.entries(can))
      for (const name of first) {
        const keywords = named[name]?.keywords ?? [];
        const page = (texts[`help.${role}`] ?? "").split(/[ .:]+/);
        expect(
          keywords.some((keyword) => page.includes(keyword)),
          `${role}: ${name}`,
        ).toBe(true);
      }
});
