import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import { sampleDeviation, summarise } from "../../../src/stats/summary.ts";
import { Tally } from "../../../src/stats/tally.ts";

function tallyOf(values: readonly number[], errors = 0): Tally {
  const tally = new Tally(CELL_KIND.timer);
  values.forEach((value, i) => {
    tally.record(value, i < errors);
  });
  return tally;
}

describe("summarise", () => {
  test("of nothing is zeros, of one value that value", () => {
    expect(new Set(Object.values(summarise(tallyOf([]))))).toEqual(new Set([0]));
    expect(summarise(tallyOf([5_555_555], 1))).toEqual({
      count: 1,
      errorCount: 1,
      meanUs: 5_555_555,
      minUs: 5_555_555,
      maxUs: 5_555_555,
      stdevUs: 0,
      p50Us: 5_555_555,
      p75Us: 5_555_555,
      p80Us: 5_555_555,
      p90Us: 5_555_555,
      p95Us: 5_555_555,
      p99Us: 5_555_555,
      p999Us: 5_555_555,
    });
  });

  test("of 1 to 1,000", () => {
    const values = Array.from({ length: 1_000 }, (_, i) => i + 1);
    const summary = summarise(tallyOf(values));
    expect(summary).toMatchObject({ meanUs: 500.5, p50Us: 500, p75Us: 750, p80Us: 800 });
    expect(summary).toMatchObject({ p90Us: 900, p95Us: 950, p99Us: 990, p999Us: 999 });
    expect(summary.stdevUs).toBeCloseTo(288.8194, 3);
  });

  test("never puts a percentile outside minimum and maximum", () => {
    const value = fc.integer({ min: 0, max: 3_600_000_000 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
        const { minUs, maxUs, p50Us, p999Us } = summarise(tallyOf(values));
        expect(minUs).toBe(Math.min(...values));
        expect(maxUs).toBe(Math.max(...values));
        expect(p50Us).toBeGreaterThanOrEqual(minUs);
        expect(p999Us).toBeLessThanOrEqual(maxUs);
        expect(p50Us).toBeLessThanOrEqual(p999Us);
      }),
    );
  });

  test("of a kind without histogram has no percentiles", () => {
    const gauge = new Tally(CELL_KIND.gauge);
    for (const value of [-2, 4]) gauge.record(value, false);
    expect(summarise(gauge)).toMatchObject({ count: 2, meanUs: 1, minUs: -2, maxUs: 4 });
  });
});

describe("sampleDeviation", () => {
  test("is that of n - 1, and never imaginary", () => {
    const cases: readonly (readonly [readonly number[], number])[] = [
      [[], 0],
      [[7], 0],
      [[2, 4, 4, 4, 5, 5, 7, 9], Math.sqrt(32 / 7)],
      [[3_599_999_999, 3_599_999_999, 3_599_999_999], 0],
    ];
    for (const [values, wanted] of cases) {
      expect(sampleDeviation(tallyOf(values))).toBeCloseTo(wanted, 9);
    }
  });
});
