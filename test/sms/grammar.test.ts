import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deed } from "../../src/commands/deed.ts";
import { enrol } from "../../src/commands/enrol.ts";
import { redeem } from "../../src/commands/redeem.ts";
import { send } from "../../src/commands/send.ts";
import { earn } from "../../src/commands/earn.ts";
import { commands } from "../../src/commands/index.ts";
import { no } from "../../src/commands/no.ts";
import { ok } from "../../src/commands/ok.ts";
import { newClaimCode } from "../../src/domain/codes.ts";
import type { Community } from "../../src/domain/communities.ts";
import { phoneStanding, readPhone } from "../../src/domain/phones.ts";
import { reset } from "../../src/commands/reset.ts";
import { move } from "../../src/commands/move.ts";
import {
  claimCode,
  command,
  commandNamed,
  hear,
  hearUnproven,
  menuWord,
  number,
  optional,
  phrase,
  pinWord,
  wordsOf,
  type Several,
  type Word,
} from "../../src/sms/grammar.ts";
import { loadWords } from "../../src/words/load.ts";

const oneClaim: Word<string> = { takes: "one", read: claimCode };
const claims: Several<string> = { takes: "several", read: claimCode };

const words = loadWords(join(import.meta.dirname, "../../menus/words"));
const hears = (shape: Parameters<typeof hear>[0], text: string, country = "KE") =>
  hear(shape, wordsOf(text).slice(1), (typed) => phoneStanding(typed, { country }));

describe("OK <claim>… <PIN>", () => {
  test("is heard however it was typed", () => {
    const wanted = { type: "heard", said: { claims: ["K7Q2"], pin: "4826" } };
    for (const text of [
      "OK K7Q2 4826",
      "ok k7q2 4826",
      "  Ok,  (k7q2)... 4826. ",
      "OK;K7Q2;4826",
      "ok\u00a0k7q2\u3000４８２６",
    ])
      expect(hears(ok.shape, text)).toEqual(wanted);
  });

  test("takes any number of claims", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), (count) => {
        const codes = Array.from({ length: count }, newClaimCode);
        const said = { claims: codes, pin: "4826" };
        expect(hears(ok.shape, `OK ${codes.join(" ")} 4826`)).toEqual({ type: "heard", said });
      }),
    );
  });

  test.for([
    ["OK", "missing", "claims"],
    ["OK 4826", "missing", "claims"],
    ["OK K7Q2", "missing", "pin"],
    ["OK K7Q2 K8Q3", "unreadable", "pin"],
    ["OK K7Q2 482", "unreadable", "pin"],
    ["OK K7Q2 48265", "unreadable", "pin"],
    ["OK K7Q2 48 26", "unreadable", "pin"],
    ["OK 4826 4826", "unreadable", "claims"],
    ["OK 4826 K7Q2", "unreadable", "claims"],
  ])("%s: %s %s", ([text = "", type, word]) => {
    expect(hears(ok.shape, text)).toEqual({ type, word });
  });
});

describe("NO <claim> <reason> <PIN>", () => {
  test("takes all words between claim and PIN as the reason", () => {
    expect(hears(no.shape, "NO k7q2 nobody saw it, sorry 4826")).toEqual({
      type: "heard",
      said: { claim: "K7Q2", reason: "nobody saw it sorry", pin: "4826" },
    });
  });

  test.for([
    ["NO", "missing", "claim"],
    ["NO K7Q2", "missing", "reason"],
    ["NO K7Q2 4826", "missing", "reason"],
    ["NO K7Q2 nobody saw it", "unreadable", "pin"],
    ["NO K7Q2 late", "missing", "pin"],
    ["NO 4826 nobody saw it 4826", "unreadable", "claim"],
    [`NO K7Q2 ${"very ".repeat(21)}late 4826`, "unreadable", "reason"],
  ])("%s: %s %s", ([text = "", type, word]) => {
    expect(hears(no.shape, text)).toEqual({ type, word });
  });
});

describe("a word that may be left out", () => {
  test.for([
    ["DEED 0711000102 WASTE 4 4826", { deed: "WASTE", units: 4 }],
    ["DEED 0711000102 WASTE 4826", { deed: "WASTE", units: undefined }],
    ["deed 0711000102 3 2 4826", { deed: "3", units: 2 }],
    ["DEED 0711000102 3 4826", { deed: "3", units: undefined }],
  ] as const)("%s", ([text, said]) => {
    const wanted = { phone: "0711000102", pin: "4826", ...said };
    expect(hears(deed.shape, text)).toEqual({ type: "heard", said: wanted });
  });

  test.for([
    ["REDEEM UMBRELLA 2580", {}],
    ["REDEEM UMBRELLA 2 2580", { vendor: 2 }],
    ["REDEEM UMBRELLA Achieng 2580", { name: "Achieng" }],
    ["REDEEM 2 1 Achieng 2580", { reward: "2", vendor: 1, name: "Achieng" }],
  ] as const)("%s", ([text, more]) => {
    const said = { reward: "UMBRELLA", vendor: undefined, name: undefined, pin: "2580", ...more };
    expect(hears(redeem.shape, text)).toEqual({ type: "heard", said });
  });

  test("may not stand beside one that takes several, nor is it ever a list", () => {
    const make = () =>
      command(
        "two",
        { claims, units: optional(number) },
        ({ units }) => Promise.resolve({ type: "x" as const, fields: { units: units ?? 0 } }),
        { x: "x" },
      );
    expect(make).toThrow("two: a word may not be optional beside one that takes several");
  });

  test("is undefined by type where it was not said", () => {
    command(
      "typed",
      { deed: menuWord, units: optional(number) },
      ({ deed, units }) => {
        // @ts-expect-error -- it may not have been said
        const wrong: number = units;
        const right: string = deed;
        return Promise.resolve({ type: "x" as const, fields: { wrong, right } });
      },
      { x: "x" },
    );
  });
});

describe("a phone number", () => {
  test.for([
    "0711000102",
    "0711 000 102",
    "071 100 01 02",
    "+254711000102",
    "+254 711 000 102",
    "00254 711 000 102",
    "0711-000-102",
  ])("%s is heard, however it is spaced", (phone) => {
    const heard = hears(send.shape, `SEND ${phone} 25 2580`);
    expect(heard).toMatchObject({ type: "heard", said: { phone, amount: 25, pin: "2580" } });
  });

  test.for([
    ["SEND 0711 25", "phone"],
    ["SEND 0711 2 2580", "phone"],
    ["SEND 0711000102 25x 2580", "amount"],
    ["SEND 0711000102 -25 2580", "amount"],
    ["SEND 0711000102 25 2.580", "pin"],
    ["SEND 0711OOO102 25 2580", "phone"],
  ])("%s: the %s is not guessed at", ([text = "", word]) => {
    expect(hears(send.shape, text)).toEqual({ type: "unreadable", word });
  });

  test.for([
    ["ENROL 0711 000 888 Asha Wanjiru Ali 4826", "0711 000 888", "Asha Wanjiru Ali"],
    ["ENROL +254711000888 Asha 4826", "+254711000888", "Asha"],
  ])("%s", ([text = "", phone, name]) => {
    const said = { phone, name, pin: "4826" };
    expect(hears(enrol.shape, text)).toEqual({ type: "heard", said });
  });
});

describe("what is wrong beside a spaced number", () => {
  test.for([
    ["KE", send, "SEND 0711 000 102 50", "missing", "pin"],
    ["KE", send, "SEND 0711 000 102 5000", "missing", "pin"],
    ["KE", send, "SEND 0711 000 102", "missing", "amount"],
    ["KE", send, "SEND 254 711 000 102 2580", "missing", "pin"],
    ["KE", send, "SEND 0711 000 102 fifty 1234", "unreadable", "amount"],
    ["KE", send, "SEND 0711000102 Mary fifty 1234", "unreadable", "amount"],
    ["KE", send, "SEND 0711000102 2,500 1234", "unreadable", "amount"],
    ["KE", send, "SEND 0711 000 102 2.500 1234", "unreadable", "amount"],
    ["KE", send, "SEND 0711 000 102 .25 1234", "unreadable", "amount"],
    ["KE", send, "SEND 0711 000 102 −25 1234", "unreadable", "amount"],
    ["KE", send, "SEND 0711 000 102 50 12345", "unreadable", "pin"],
    ["KE", deed, "DEED 0711 000 102 SWEEP", "missing", "pin"],
    ["KE", reset, "RESET 0711 000 101", "missing", "pin"],
    ["US", reset, "RESET 202 555 0101", "missing", "pin"],
    ["US", send, "SEND (202) 555-0101 25", "missing", "pin"],
    ["KE", enrol, "ENROL 0711 000 101", "missing", "name"],
    ["KE", enrol, "ENROL 0711 000 101 Asha Devi", "unreadable", "pin"],
    ["KE", move, "MOVE 0711 000 101 0722 000 101", "missing", "pin"],
    ["KE", move, "MOVE 0711 000 101 4826", "unreadable", "to"],
    // One digit short: it could be the deed's number, or the last digit of the phone's.
    ["KE", deed, "DEED 071100010 2 4 4826", "unreadable", "phone"],
  ] as const)("%s %s: %s %s", ([country, { shape }, text, type, word]) => {
    expect(hears(shape, text, country)).toEqual({ type, word });
  });

  const national = { KE: /^(?:01[01]|07[0-24-9])\d{7}$/, GH: /^0(?:2[034678]|5[0-79])\d{7}$/ };
  const phone = fc.oneof(
    fc.stringMatching(national.KE).map((digits) => ({ country: "KE", digits })),
    fc.stringMatching(national.GH).map((digits) => ({ country: "GH", digits })),
    fc.stringMatching(/^[6-9]\d{9}$/).map((digits) => ({ country: "IN", digits })),
    fc.stringMatching(/^202[2-9]\d{6}$/).map((digits) => ({ country: "US", digits })),
  );
  const calling: Readonly<Record<string, string>> = { KE: "254", GH: "233", IN: "91", US: "1" };
  /** A number as it is written: with its country's code or without, in pieces. */
  const written = phone.chain(({ country, digits }) =>
    fc
      .tuple(
        fc.constantFrom("", "+", "00", "bare"),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(" ", "-", "."),
      )
      .map(([code, cuts, between]) => {
        const plain = digits.replace(/^0/, "");
        const prefix = code === "bare" ? calling[country] : `${code}${calling[country]}`;
        let rest = code === "" ? digits : plain;
        const pieces = code === "" ? [] : [prefix];
        for (const cut of cuts) {
          pieces.push(rest.slice(0, cut));
          rest = rest.slice(cut);
        }
        pieces.push(rest);
        const said = pieces.filter((piece) => piece !== "").join(between);
        return { country, wanted: `+${calling[country]}${plain}`, said };
      }),
  );
  const pin = fc.stringMatching(/^\d{4}$/);
  const amount = fc.integer({ min: 1, max: 999_999 });
  /** An amount as it may be written; only in digits alone can it be read. */
  const figures = fc
    .tuple(amount, fc.nat(99))
    .chain(([whole, part]) =>
      fc.constantFrom(
        String(whole),
        `0${whole}`,
        `${whole},${part}`,
        `${whole}.${part}`,
        `.${whole}`,
        `-${whole}`,
        `${whole} ${part}`,
        `${whole}/${part}`,
        whole.toLocaleString("en"),
        whole.toLocaleString("de"),
        whole.toLocaleString("en-IN"),
      ),
    );

  test("what is heard is what was meant, however the number and the amount are written", () => {
    let heard_ones = 0;
    fc.assert(
      fc.property(
        written,
        figures,
        fc.option(pin, { nil: undefined }),
        fc.boolean(),
        ({ country, wanted, said }, typed, proof, named) => {
          const text = ["SEND", said, ...(named ? ["Mary"] : []), typed, proof ?? ""].join(" ");
          const place = { country } as Community;
          const numbers = (number: string) => phoneStanding(number, place);
          const read = proof === undefined ? hearUnproven : hear;
          const heard = read(send.shape, wordsOf(text).slice(1), numbers);
          if (heard.type !== "heard") return;
          heard_ones += 1;
          expect(/^\d+$/.test(typed)).toBe(true);
          expect(heard.said).toMatchObject({ amount: Number(typed), pin: proof ?? null });
          expect(readPhone(String(heard.said["phone"]), place)).toBe(wanted);
        },
      ),
      { numRuns: 5_000 },
    );
    expect(heard_ones).toBeGreaterThan(500);
  });
});

describe("any command", () => {
  test("says when there are words too many", () => {
    expect(hears(earn.shape, "EARN")).toEqual({ type: "heard", said: {} });
    expect(hears(earn.shape, "EARN please")).toEqual({ type: "too-many" });
    expect(hears({ claim: oneClaim, pin: pinWord }, "X K7Q2 4826 4826").type).toBe("too-many");
  });

  test("hears any words at all without a fault", () => {
    const anyText = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.string({ maxLength: 12 }),
      fc.constantFrom("K7Q2", "4826", "%", "\\", "[", "$&", "__proto__"),
    );
    const shapes = [...[...commands.values()].map(({ shape }) => shape), { phrase }, { claims }];
    const numbers = (typed: string) => phoneStanding(typed, { country: "KE" });
    fc.assert(
      fc.property(fc.constantFrom(...shapes), fc.array(anyText), anyText, (shape, said, text) => {
        for (const heard of [hear(shape, said, numbers), hear(shape, wordsOf(text), numbers)])
          expect(["heard", "missing", "unreadable", "too-many"]).toContain(heard.type);
      }),
    );
  });

  test("has at most one place that takes several words", () => {
    const make = () =>
      command("two", { claims, reason: phrase }, () => Promise.resolve({ type: "x" as const }), {
        x: "x",
      });
    expect(make).toThrow("two: only one word may take several");
  });

  test("is found by its keyword in any language, one's own first", () => {
    const swahili = [words.in("sw"), ...words.languages.values()];
    for (const keyword of ["SALIO", "salio", "Bal"])
      expect(commandNamed(swahili, keyword)).toBe("bal");
    for (const keyword of ["", "SALIOO", "constructor", "__proto__"])
      expect(commandNamed(swahili, keyword)).toBeUndefined();
  });
});

test("no word for all the claims of a deed can be a claim's code", () => {
  const all = [...words.languages.values()].flatMap(({ texts }) => texts["list.all"]?.split(" "));
  // What newClaimCode leaves out: I, L, O, U, 0 and 1.
  expect(all.filter((word) => /^[A-HJKMNP-TV-Z][2-9A-HJKMNP-TV-Z]{3}$/.test(word ?? ""))).toEqual(
    [],
  );
  expect(all.length).toBeGreaterThanOrEqual(words.languages.size);
});
