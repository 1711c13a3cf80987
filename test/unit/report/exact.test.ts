import { describe, expect, test } from "bun:test";
import { Random } from "../../../src/base/random.ts";
import { exactSummary, percentileOf } from "../../../src/report/exact.ts";

/** As the old OCT computed it, step by step. */
function slowPercentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const k = (sorted.length - 1) * (percent / 100);
  const floor = Math.floor(k);
  const ceil = Math.ceil(k);
  if (floor === ceil) return sorted[floor] as number;
  return (sorted[floor] as number) * (ceil - k) + (sorted[ceil] as number) * (k - floor);
}

describe("exactSummary", () => {
  test("agrees with the definitions for any values", () => {
    const random = new Random(5);
    for (let round = 0; round < 300; round++) {
      const n = 1 + random.integer(0, 40);
      const values = Array.from({ length: n }, () => random.exponential(0.2));
      const found = exactSummary(Float64Array.from(values), 3);
      const mean = values.reduce((sum, value) => sum + value, 0) / n;
      const deviation =
        n < 2 ? 0 : Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1));
      const expected: Record<string, number> = {
        count: n,
        errorCount: 3,
        meanUs: mean * 1e6,
        minUs: Math.min(...values) * 1e6,
        maxUs: Math.max(...values) * 1e6,
        stdevUs: deviation * 1e6,
        p50Us: slowPercentile(values, 50) * 1e6,
        p75Us: slowPercentile(values, 75) * 1e6,
        p80Us: slowPercentile(values, 80) * 1e6,
        p90Us: slowPercentile(values, 90) * 1e6,
        p95Us: slowPercentile(values, 95) * 1e6,
        p99Us: slowPercentile(values, 99) * 1e6,
        p999Us: slowPercentile(values, 99.9) * 1e6,
      };
      expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
      for (const [key, value] of Object.entries(found)) {
        expect(value).toBeCloseTo(expected[key] as number, 4);
      }
    }
  });

  test("is all zeros for nothing, and exact for one value", () => {
    expect(new Set(Object.values(exactSummary(new Float64Array(), 0)))).toEqual(new Set([0]));
    expect(exactSummary(Float64Array.of(2), 0)).toMatchObject({
      stdevUs: 0,
      p50Us: 2e6,
      p999Us: 2e6,
    });
  });

  test("interpolates between neighbours", () => {
    expect(percentileOf([1, 2], 50)).toBe(1.5);
    expect(percentileOf([0, 10, 20, 30, 40], 90)).toBe(36);
    expect(percentileOf([], 50)).toBe(0);
    expect(percentileOf([7], 99)).toBe(7);
  });
});
