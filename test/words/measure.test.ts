import fc from "fast-check";
import { SegmentedMessage } from "sms-segments-calculator";
import { describe, expect, test } from "vitest";
import { fitsScreen, measure, segmentsOf } from "../../src/words/measure.ts";

// GSM 03.38, as the standard prints it: its table without the escape, and its extension.
const single =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const double = "\f^{}\\[~]|€";

describe("how long a text is on the air", () => {
  test("each character of the GSM table is one septet, each of its extension two", () => {
    expect(single).toHaveLength(127);
    for (const sign of single) expect(measure(sign)).toEqual({ alphabet: "GSM-7", units: 1 });
    for (const sign of double) expect(measure(sign)).toEqual({ alphabet: "GSM-7", units: 2 });
    expect(measure(single + double)).toEqual({ alphabet: "GSM-7", units: 127 + 20 });
    expect(measure("")).toEqual({ alphabet: "GSM-7", units: 0 });
  });

  test("one character outside makes all of it UCS-2", () => {
    for (const sign of ["`", "ç", "ɛ", "ɔ", "வ", "’", "–", "ñ́"])
      expect(measure(`SoCC ${sign}`)).toEqual({ alphabet: "UCS-2", units: 5 + sign.length });
    // Two UTF-16 units, as on the air.
    expect(measure("😀")).toEqual({ alphabet: "UCS-2", units: 2 });
  });

  test("a text is in the alphabet of all its characters, and as long as they together", () => {
    const letters = fc.string({ unit: fc.constantFrom(...Array.from(`${single}${double}ɛவ`)) });
    fc.assert(
      fc.property(letters, letters, (one, other) => {
        const [a, b, both] = [measure(one), measure(other), measure(one + other)];
        if (both.alphabet === "GSM-7") expect(both.units).toBe(a.units + b.units);
        else expect(both.units).toBe(one.length + other.length);
        expect(both.alphabet === "UCS-2").toBe([a, b].some(({ alphabet }) => alphabet === "UCS-2"));
      }),
    );
  });
});

describe("a screen", () => {
  test.for([
    ["160 septets fits", "x".repeat(160), true],
    ["161 septets does not", "x".repeat(161), false],
    ["158 septets and a € fits", `${"x".repeat(158)}€`, true],
    ["159 septets and a € does not", `${"x".repeat(159)}€`, false],
    ["80 brackets fits", "[".repeat(80), true],
    ["81 brackets does not", "[".repeat(81), false],
    ["70 units of UCS-2 fits", `ɛ${"x".repeat(69)}`, true],
    ["71 units of UCS-2 does not", `ɛ${"x".repeat(70)}`, false],
    ["35 emoji fits", "😀".repeat(35), true],
    ["36 emoji does not", "😀".repeat(36), false],
  ] as const)("of %s", ([, answer, fits]) => {
    expect(fitsScreen(answer)).toBe(fits);
  });
});

describe("a text is charged as", () => {
  test.for([
    ["one of 160 septets", 1, "x".repeat(160)],
    ["two of 153 from 161 septets on", 2, "x".repeat(161)],
    ["two up to 306 septets", 2, "x".repeat(306)],
    ["three from 307 septets on", 3, "x".repeat(307)],
    ["one of 80 €", 1, "€".repeat(80)],
    ["three when a € would be parted", 3, `${"x".repeat(152)}€${"x".repeat(152)}`],
    ["one of 70 Tamil letters", 1, "வ".repeat(70)],
    ["two of 67 from 71 Tamil letters on", 2, "வ".repeat(71)],
    ["three from 135 Tamil letters on", 3, "வ".repeat(135)],
  ] as const)("%s", ([, segments, text]) => {
    expect(segmentsOf(text)).toBe(segments);
  });

  test("what the library counts, whatever is written", () => {
    const letters = fc.string({
      unit: fc.constantFrom(...Array.from(`ab 1${double}Øñɛவ’😀\u0301\r\n`)),
      minLength: 1,
      maxLength: 180,
      size: "max",
    });
    fc.assert(
      fc.property(letters, (text) => {
        expect(segmentsOf(text)).toBe(new SegmentedMessage(text).segmentsCount);
      }),
    );
  });
});
