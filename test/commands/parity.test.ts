import { expect, test } from "vitest";
import { commands } from "../../src/commands/index.ts";
import { allFlows } from "../../src/flows/index.ts";

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
