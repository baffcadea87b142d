import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { choices } from "../../src/domain/votes.ts";
import { wordsOf } from "../../src/sms/grammar.ts";
import { loadWords } from "../../src/words/load.ts";
import { fillCache, newestProposal } from "../support/proposals.ts";
import { openWorld, type World } from "../support/world.ts";
import { asksIn, textsKept, type Asks } from "./texting.ts";

// R18, R25: all of it by text, for Madurai has no code to dial.
describe("a community votes on its cache by text", () => {
  let world: World;
  let asks: Asks;
  let code = "";
  beforeAll(async () => {
    world = await openWorld({ community: "madurai-ward" });
    asks = asksIn(world);
    await fillCache(world.db, 700);
  });
  afterAll(() => world.close());

  test("a manager sees what there is, and proposes it by its word", async () => {
    expect(await asks("Meena Kumari", "VOTE")).toBe("யோசனை இல்லை. பொது நிதி 700 commSoCC.");
    expect(await asks("Lakshmi Devi", "propose")).toBe(
      "Cache 700. Text PROPOSE word PIN: 7 LIGHT Street light 400, 8 BENCH Shaded bench 600, 9 TAPS Tap repair 900, 10 SEWAGE Micro-sewage 6000",
    );
    expect(await asks("Meena Kumari", "PROPOSE LIGHT 2580")).toMatch("மேலாளர் மட்டும்");
    expect(await asks("Lakshmi Devi", "PROPOSE DANCE 4826")).toMatch(/no such communal reward/);
    expect(await asks("Lakshmi Devi", "PROPOSE TAPS 4826")).toMatch(
      /^Tap repair costs 900 commSoCC, and the cache has 700\. Nothing was proposed\./,
    );
    const id = randomUUID();
    const put = await asks("Lakshmi Devi", "propose ligth 4826", id);
    code = (await newestProposal(world)).code;
    expect(put).toBe(
      `Proposal ${code}: Street light, 400 commSoCC. Members vote until 21/3. Delete your text, it shows your PIN.`,
    );
    expect(await asks("Lakshmi Devi", "PROPOSE LIGHT 4826", id)).toBe("");
    expect(await asks("Lakshmi Devi", "PROPOSE 7 4826")).toMatch(
      `Street light is being voted on already, as proposal ${code}.`,
    );
  });

  test("VOTE lists what is open, and with a code tells how it stands", async () => {
    expect(await asks("Lakshmi Devi", "VOTE")).toBe(
      `Cache 700. Text VOTE code YES/NO/ABSTAIN PIN: ${code} Street light 400 (21/3)`,
    );
    expect(await asks("Selvi Raman", "vaakku")).toMatch(`${code} Theru vilakku 400 (21/3)`);
    expect(await asks("Murugan Stores", `vote ${code.toLowerCase()}`)).toBe(
      `${code} Theru vilakku 400 commSoCC, nidhi 700, 21/3 varai. 3 peril 0 vaakku: aam 0, illai 0, vilagal 0.`,
    );
    expect(await asks("Lakshmi Devi", "VOTE A2A2")).toMatch(/^Proposal A2A2 is not open/);
  });

  test.for([
    ["YES", "ஆம்"],
    ["no", "இல்லை"],
    ["இல்லை", "இல்லை"],
    ["ILLAI", "இல்லை"],
    ["abstian", "விலகல்"],
    ["aam", "ஆம்"],
  ] as const)("%s is a vote, the last of which counts", async ([said, kept]) => {
    expect(await asks("Meena Kumari", `VOTE ${code} ${said}. 2580`)).toMatch(
      `${code} தெரு விளக்கு: ${kept}. 21/3 வரை மாற்றலாம்.`,
    );
  });

  test("the same text delivered again, after a change, changes nothing", async () => {
    const id = randomUUID();
    expect(await asks("Selvi Raman", `VOTE ${code} YES 3691`, id)).toMatch("vaakku AAM");
    expect(await asks("Selvi Raman", `VOTE ${code} NO 3691`)).toMatch("vaakku ILLAI");
    expect(await asks("Selvi Raman", `VOTE ${code} YES 3691`, id)).toBe("");
    expect(await asks("Lakshmi Devi", `VOTE ${code}`)).toMatch(
      "2 of 3 voted: yes 1, no 1, abstain 0.",
    );
  });

  test.for([
    ["", "4826", "We could not read the vote. Please text: VOTE proposal YES/NO/ABSTAIN PIN"],
    ["MAYBE", "4826", "We could not read the vote. Please text: VOTE proposal YES/NO/ABSTAIN PIN"],
    ["YES", "", "Please add the PIN: VOTE proposal YES/NO/ABSTAIN PIN"],
    ["YES", "1357", "Wrong PIN. Tries left: 2. Nothing was done."],
  ] as const)("VOTE %s %s does nothing and says why", async ([said, pin, why]) => {
    expect(await asks("Lakshmi Devi", `VOTE ${code} ${said} ${pin}`)).toMatch(why);
    expect(await asks("Lakshmi Devi", `VOTE ${code}`)).toMatch("2 of 3 voted");
  });

  test("a vendor does not vote, and no PIN is kept", async () => {
    expect(await asks("Murugan Stores", `VOTE ${code} YES 6284`)).toMatch(/MUDI code saavi/);
    expect(await asks("Lakshmi Devi", `VOTE ${code} YES 4826`)).toMatch("your vote is YES");
    const kept = await textsKept(world);
    expect(kept).toContain(`VOTE ${code} YES ****`);
    expect(kept).not.toMatch(/\b(2580|3691|4826|6284)\b/);
  });

  test("after its time it is counted and told, and takes no more votes", async () => {
    await world.timePasses({ days: 7 });
    expect(await newestProposal(world)).toMatchObject({ state: "passed", yes: 2, no: 1 });
    await world.phoneOf("Selvi Raman").receives(new RegExp(`^Yosanai ${code} niraiveriyadhu`));
    await world.phoneOf("Lakshmi Devi").receives(new RegExp(`^Proposal ${code} has passed`));
    expect(await asks("Lakshmi Devi", `VOTE ${code} NO 4826`)).toMatch(
      `Proposal ${code} is not open: wrong code, or voting has ended.`,
    );
    expect(await newestProposal(world)).toMatchObject({ yes: 2, no: 1 });
  });
});

const words = loadWords(join(import.meta.dirname, "../../menus/words"));

describe.each([...words.languages.values()])("in $name", ({ code, texts, commands }) => {
  const said = choices.map((choice) => texts[`vote.${choice}`]?.split(" ") ?? []);

  test("each choice has words of its own, as they are read", () => {
    const all = said.flat();
    expect(new Set(all).size).toBe(all.length);
    for (const word of all) expect(wordsOf(word.toLowerCase())[0]?.toLocaleUpperCase()).toBe(word);
  });

  test("and the first of each is in the command's usage", () => {
    const { usage = "" } = commands["vote"] ?? {};
    for (const [first = ""] of said)
      expect(usage.replace("{pin}", "").split(/[ /]/), code).toContain(first);
  });
});
