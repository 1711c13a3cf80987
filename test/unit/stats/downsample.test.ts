import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { downsample, downsampleIndices } from "../../../src/stats/downsample.ts";

const y = fc.oneof(
  { weight: 9, arbitrary: fc.integer() },
  { weight: 1, arbitrary: fc.constant(NaN) },
);
const longer = fc.array(y, { minLength: 30, maxLength: 400, size: "max" });

describe("downsample", () => {
  test("leaves few points alone", () => {
    for (const ys of [[], [1], [1, Number.NaN, 3, 4, 5]]) {
      const xs = ys.map((_, i) => i * 10);
      expect(downsample({ xs, ys }, 5)).toEqual({ xs, ys });
    }
  });

  test("stays under the limit, in order, and keeps first, last, lowest and highest", () => {
    fc.assert(
      fc.property(longer, fc.integer({ min: 5, max: 29 }), (ys, pointsMax) => {
        const kept = downsampleIndices(ys, pointsMax);
        expect(kept.length).toBeLessThanOrEqual(pointsMax);
        expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
        expect([kept[0], kept.at(-1)]).toEqual([0, ys.length - 1]);
        const numbers = ys.filter((value) => !Number.isNaN(value));
        const left = kept.map((i) => ys[i] as number).filter((value) => !Number.isNaN(value));
        expect(left.includes(Math.min(...numbers)) || numbers.length === 0).toBe(true);
        expect(left.includes(Math.max(...numbers)) || numbers.length === 0).toBe(true);
      }),
    );
  });

  test("keeps a spike and a gap of one point among 43,200", () => {
    const ys = Float64Array.from({ length: 43_200 }, (_, i) => i % 7);
    ys[12_345] = 9_999;
    ys[30_000] = Number.NaN;
    const xs = ys.map((_, i) => i);
    const found = downsample({ xs, ys }, 600);
    expect(found.xs.length).toBeLessThanOrEqual(600);
    expect(found.ys[found.xs.indexOf(12_345)]).toBe(9_999);
    expect(found.ys[found.xs.indexOf(30_000)]).toBeNaN();
    expect(found.ys.filter(Number.isNaN).length).toBe(1);
  });
});
