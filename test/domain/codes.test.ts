import fc from "fast-check";
import { v7 as uuid } from "uuid";
import { describe, expect, test } from "vitest";
import { keyDigest, newClaimCode, receiptCode } from "../../src/domain/codes.ts";
import { endsOf } from "../../src/domain/receipt-codes.ts";
import { claimCode, pinWord } from "../../src/sms/grammar.ts";

describe("a claim's code", () => {
  const codes = Array.from({ length: 5_000 }, newClaimCode);

  test("is a letter and three signs, none easily misread", () => {
    for (const code of codes) expect(code).toMatch(/^[A-HJKMNP-TV-Z][2-9A-HJKMNP-TV-Z]{3}$/);
  });

  test("is read back from any case, and never as a PIN", () => {
    for (const code of codes) {
      expect(claimCode(code.toLowerCase())).toBe(code);
      expect(pinWord.read(code)).toBeUndefined();
    }
  });

  test("uses every sign in every place, and seldom comes twice", () => {
    const used = [0, 1, 2, 3].map((at) => new Set(codes.map((code) => code.charAt(at))).size);
    expect(used).toEqual([22, 30, 30, 30]);
    // 5,000 of 594,000: some 21 pairs alike are expected.
    expect(new Set(codes).size).toBeGreaterThan(4_900);
  });
});

test("what is kept of a handover key tells nobody that another order has the same", () => {
  const pepper = Buffer.from("pepper");
  const [one, other] = [uuid(), uuid()];
  expect(keyDigest(pepper, one, "12345")).toEqual(keyDigest(pepper, one, "12345"));
  expect(keyDigest(pepper, one, "12345")).not.toEqual(keyDigest(pepper, other, "12345"));
  expect(keyDigest(pepper, one, "12345")).not.toEqual(keyDigest(pepper, one, "12346"));
});

describe("a receipt's code", () => {
  test("tells how the journal's id ends, in any case; what can be none tells nothing", () => {
    for (const id of Array.from({ length: 2_000 }, () => uuid())) {
      const ends = endsOf(receiptCode(id).toLowerCase());
      expect(ends).toContain(id.slice(-9));
      expect(ends.map(receiptCode)).toEqual([receiptCode(id), receiptCode(id)]);
    }
    for (const typed of ["SC7K2Q9", "SC7K2Q9PP", "KC7K2Q9P", "SC7K2Q9I", "SC7K_Q9P"])
      expect(endsOf(typed)).toEqual([]);
  });

  const journal = (last: string): string => `01963f6e-5a1b-7c3d-8e4f-${last.padStart(12, "0")}`;

  test("is S and seven of Crockford's signs, from the journal's last 35 bits", () => {
    expect(receiptCode(journal("000000000000"))).toBe("S0000000");
    expect(receiptCode(journal("ffffffffffff"))).toBe("SZZZZZZZ");
    expect(receiptCode(journal("000000000001"))).toBe("S0000001");
    expect(receiptCode(journal("000000000020"))).toBe("S0000010");
    expect(receiptCode(journal("000400000000"))).toBe("SG000000");
    for (let made = 0; made < 1_000; made += 1)
      expect(receiptCode(uuid())).toMatch(/^S[0-9A-HJKMNP-TV-Z]{7}$/);
  });

  test("is the same for the same journal, and another for other bits", () => {
    const bits = fc.bigInt({ min: 0n, max: 2n ** 35n - 1n }).map((n) => n.toString(16));
    fc.assert(
      fc.property(bits, bits, (one, other) => {
        expect(receiptCode(journal(one)) === receiptCode(journal(other))).toBe(one === other);
      }),
    );
  });
});
