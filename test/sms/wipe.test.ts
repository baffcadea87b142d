import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newClaimCode } from "../../src/domain/codes.ts";
import { pinWord, wordsOf } from "../../src/sms/grammar.ts";
import { wipe } from "../../src/sms/wipe.ts";

// The zero of some alphabets, whose other digits follow: ASCII, Arabic, Devanagari, Tamil, full width.
const zeros = [0x30, 0x660, 0x966, 0xbe6, 0xff10];

const pin = fc
  .tuple(fc.constantFrom(...zeros), fc.array(fc.nat(9), { minLength: 4, maxLength: 12 }))
  .map(([zero, digits]) => digits.map((digit) => String.fromCodePoint(zero + digit)));
const wordless = fc.stringMatching(/^[A-Za-z ,.!?]{0,20}$/);

describe("a text as it is kept", () => {
  test.for([
    ["OK K7Q2 4826", "OK K7Q2 ****"],
    ["ok k7q2,k8q3 4826.", "ok k7q2,k8q3 ****."],
    ["OK K722 4826", "OK K722 ****"],
    ["NO K7Q2 nobody saw it 4826", "NO K7Q2 nobody saw it ****"],
    ["4826", "****"],
    ["my PIN is 4 8 2 6 ok", "my PIN is **** ok"],
    ["PIN4826", "PIN****"],
    ["K7Q2.4826", "K7Q2.****"],
    ["+254 711 000 101", "+****"],
    ["3 bags on 14 March, 250 g", "3 bags on 14 March, 250 g"],
    ["", ""],
  ])("%s is kept as %s", ([text = "", kept]) => {
    expect(wipe(text)).toBe(kept);
  });

  test("has no run of four digits of any alphabet, whatever was written", () => {
    const pieces = fc.oneof(
      fc.string({ unit: "binary" }),
      pin.map((digits) => digits.join("")),
    );
    fc.assert(
      fc.property(fc.array(pieces), (texts) => {
        expect(wipe(texts.join(""))).not.toMatch(/\p{Nd}{4}/u);
      }),
    );
  });

  test("has no digit left of a PIN or a number that stands by itself, spaced out or not", () => {
    const gap = fc.constantFrom("", " ", "  ", ".", "-", " - ", "_", "\u00a0", "\n", "\t");
    fc.assert(
      fc.property(wordless, pin, gap, wordless, (before, digits, between, after) => {
        expect(wipe(`${before} ${digits.join(between)} ${after}`)).not.toMatch(/\p{Nd}/u);
      }),
    );
  });

  test.for(["4,8,2,6", "48,26", "4/8/2/6", "48:26", "4*8*2*6", "(48)26", "4–8–2–6", "4\u200b826"])(
    "has nothing of %s either: however a PIN is set apart, it is a PIN",
    (written) => {
      expect(wipe(`OK K7Q2 ${written}`)).toMatch(/^OK K7Q2 \(?\*{4}$/);
    },
  );

  test.for(["PIN48 26", "pin4 8 2 6", "Pini48-26"])(
    "has nothing of %s, glued to a word and spaced out",
    (written) => {
      expect(wipe(`OK K7Q2 ${written}`)).toMatch(/^OK K7Q2 \p{L}+\*{4}$/u);
    },
  );

  // Whatever is read as a PIN must be wiped as one: the grammar reads through NFKC.
  test("has no PIN that the grammar would have read", () => {
    expect(wipe("OK K7Q2 ④⑧②⑥")).toBe("OK K7Q2 ****");
    const styled = fc.array(fc.constantFrom(...Array.from("0123456789⁰¹²③④⑤６７𝟠𝟵₂")), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(styled, (digits) => {
        const [said = ""] = wordsOf(digits.join(""));
        fc.pre(pinWord.read(said) !== undefined);
        expect(wipe(`OK K7Q2 ${digits.join("")}`).normalize("NFKC")).not.toContain(said);
      }),
    );
  });

  test("has the claims' codes still", () => {
    const codes = fc.array(fc.constant(null).map(newClaimCode), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(codes, fc.constantFrom(" ", ", ", ";", "\n"), (all, between) => {
        const said = `OK ${all.join(between)}`;
        expect(wipe(`${said} 4826`)).toBe(`${said} ****`);
      }),
    );
  });
});
