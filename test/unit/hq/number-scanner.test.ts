// NumberScanner against JSON.parse: the same number, or NaN where it leaves the number to others.

import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { NumberScanner, SCAN_MARGIN_BYTES } from "../../../src/hq/number-scanner.ts";

const scanner = new NumberScanner();
const bytes = new Uint8Array(1_024);
const view = new DataView(bytes.buffer);

function scan(text: string, behind = ", 1"): { value: number; end: number } {
  bytes.fill(0x39);
  new TextEncoder().encodeInto(text + behind, bytes);
  return { value: scanner.scan(view, 0), end: scanner.end };
}

describe("NumberScanner", () => {
  test.each([
    "0",
    "7",
    "10",
    "1795233489",
    "1795233489.0",
    "0.5",
    "0.0",
    "0.123456789012",
    "0.6574220657348633",
    "0.45900000000000002",
    "15.500000000000002",
    "5.698204040527344e-05",
    "1E-3",
    "0.00005698204040527344",
    "123456789012345",
    "0e0",
  ])("%s is what JSON.parse makes of it", (text) => {
    const scanned = scan(text);
    expect(scanned).toEqual({ value: JSON.parse(text), end: text.length });
  });

  test.each(["", "-1", "+1", ".5", "x", "01", "00.5", "1.", "1.e5", "1e", "1e+", "NaN", "1e500"])(
    "%s is left to others",
    (text) => {
      expect(scan(text, ",").value).toBeNaN();
    },
  );

  test("numbers that are too long to be certain are left to others", () => {
    expect(scan("1".repeat(16)).value).toBeNaN();
    expect(scan(`0.${"1".repeat(60)}`).value).toBeNaN();
    expect(scan("9007199254740.993").value).toBeNaN();
    expect(scan("1e3").value).toBeNaN();
    expect(SCAN_MARGIN_BYTES).toBeGreaterThan(40);
  });

  test("any double, in any form, is read exactly or not at all", () => {
    const forms = fc.oneof(
      fc.double({ min: 0, max: 1e9, noNaN: true }).map(String),
      fc.double({ min: 0, max: 1e3, noNaN: true }).map((value) => value.toPrecision(17)),
      fc
        .tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.nat(20))
        .map(([value, digits]) => value.toFixed(digits)),
      fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value.toExponential(15)),
    );
    let certain = 0;
    let all = 0;
    fc.assert(
      fc.property(forms, (text) => {
        const plain = text.replace("e+", "e");
        const { value, end } = scan(plain);
        all++;
        if (Number.isNaN(value)) return;
        certain++;
        expect(value).toBe(JSON.parse(plain));
        expect(end).toBe(plain.length);
      }),
      { numRuns: 5_000 },
    );
    expect(certain / all).toBeGreaterThan(0.2);
  });
});
