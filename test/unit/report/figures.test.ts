import { describe, expect, test } from "bun:test";
import {
  formatElapsed,
  formatMaybe,
  formatMs,
  formatPercent,
  formatPerSec,
  formatSpan,
  formatWall,
  oneLine,
  plural,
  printable,
} from "../../../src/report/figures.ts";
import { cellsOf, fitCells, padCells } from "../../../src/report/text-width.ts";
import { HOSTILE_NAMES } from "../../support/report-samples.ts";

describe("formatMs", () => {
  const cases: readonly (readonly [number | undefined, string])[] = [
    [undefined, "–"],
    [Number.NaN, "–"],
    [Number.POSITIVE_INFINITY, "–"],
    [0, "0"],
    [1, "0.001"],
    [999, "0.999"],
    [999.6, "1.00"],
    [1234, "1.23"],
    [9_994, "9.99"],
    [9_995, "10.0"],
    [99_949, "99.9"],
    [99_950, "100"],
    [1_234_567, "1,235"],
    [3_600_000_000, "3,600,000"],
  ];
  for (const [durationUs, text] of cases) {
    test(`writes ${durationUs} us as ${text}`, () => expect(formatMs(durationUs)).toBe(text));
  }

  test("never reads larger for a smaller duration", () => {
    let last = 0;
    for (let us = 1; us < 2_000_000; us = Math.ceil(us * 1.003)) {
      const value = Number(formatMs(us).replaceAll(",", ""));
      expect(value).toBeGreaterThanOrEqual(last);
      expect(Math.abs(value - us / 1000)).toBeLessThanOrEqual(
        Math.max(0.0005, (us / 1000) * 0.006),
      );
      last = value;
    }
  });
});

describe("other figures", () => {
  test("rates keep three places of meaning", () => {
    const texts = [undefined, Number.NaN, 0, 0.254, 9.994, 9.996, 99.94, 99.96, 4906.4];
    expect(texts.map(formatPerSec)).toEqual([
      "–",
      "–",
      "0",
      "0.25",
      "9.99",
      "10.0",
      "99.9",
      "100",
      "4,906",
    ]);
  });

  test("a share that is something never reads as nothing, nor one that is not all as all", () => {
    const percents = [0, 0.000_1, 0.01, 1 / 3, 9.99, 12.345, 99.99, 99.999, 100];
    expect(percents.map(formatPercent)).toEqual([
      "0 %",
      "< 0.01 %",
      "0.01 %",
      "0.33 %",
      "9.99 %",
      "12.3 %",
      "100.0 %",
      "> 99.99 %",
      "100 %",
    ]);
  });

  test("spans are short below a minute", () => {
    expect(
      [0, 15_000_000, 2_500_000, 59_999_000, 90_000_000, 3_600_000_000].map(formatSpan),
    ).toEqual(["0 s", "15 s", "2.5 s", "1m 00s", "1m 30s", "1h 00m"]);
  });

  test("elapsed time has hours only where it needs them", () => {
    expect([0, 5.9, 65, 3599, 3600, 45_296, -2].map(formatElapsed)).toEqual([
      "0:00",
      "0:05",
      "1:05",
      "59:59",
      "1:00:00",
      "12:34:56",
      "-0:02",
    ]);
  });

  test("a wall clock that is none is said", () => {
    expect([undefined, Number.NaN, 9e15].map(formatWall)).toEqual(["–", "–", "–"]);
    expect(formatWall(1_700_000_000_000)).toMatch(/^2023-11-1\d \d\d:\d\d:\d\d$/);
    expect(formatMaybe(undefined)).toBe("–");
    expect(formatMaybe(12_345)).toBe("12,345");
    expect(plural(1, "turret")).toBe("1 turret");
    expect(plural(2000, "turret")).toBe("2,000 turrets");
  });
});

describe("printable and oneLine", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["plain", "plain"],
    ["a\u001b[31m", "a\u241b[31m"],
    ["nul\u0000", "nul\u2400"],
    ["del\u007f", "del\u2421"],
    ["c1\u009b2J", "c1<U+009B>2J"],
    ["x\u202ey", "x<U+202E>y"],
    ["zero\u200bwidth", "zero<U+200B>width"],
    ["lone\ud800", "lone\ufffd"],
    ["family 👩‍👩‍👧", "family 👩‍👩‍👧"],
  ];
  for (const [text, shown] of cases) {
    test(`shows ${JSON.stringify(text)}`, () => {
      expect(printable(text)).toBe(shown);
      expect(oneLine(text)).toBe(shown);
    });
  }

  test("keeps lines, or makes them one", () => {
    expect(printable("a\r\nb\tc")).toBe("a\nb\tc");
    expect(oneLine(" a\r\n  b\tc\n")).toBe("a ↵ b c ↵");
  });
});

describe("cells of a terminal", () => {
  test("wide and joined characters are as wide as they are drawn", () => {
    expect([..."a全"].map(cellsOf)).toEqual([1, 2]);
    expect(cellsOf("👩‍👩‍👧‍👦")).toBe(2);
  });

  test("no text is wider than it may be, nor shorter when it is padded", () => {
    for (const name of HOSTILE_NAMES) {
      for (let cells = 0; cells < 40; cells++) {
        expect(cellsOf(fitCells(name, cells))).toBeLessThanOrEqual(cells);
        expect(cellsOf(padCells(name, cells))).toBe(cells);
        expect(cellsOf(padCells(name, cells, "right"))).toBe(cells);
      }
      expect(fitCells(name, 12)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    }
  });

  test("what fits is not cut, what is cut is marked", () => {
    expect(fitCells("exact", 5)).toBe("exact");
    expect(fitCells("longer", 5)).toBe("long…");
    expect(fitCells("全角文", 5)).toBe("全角…");
    expect(fitCells("全角文", 4)).toBe("全…");
    expect(padCells("7", 3, "right")).toBe("  7");
  });
});
