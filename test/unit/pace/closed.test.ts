import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AssertionFailed } from "../../../src/base/assert.ts";
import { cannonStartUs, closedPlan, iterationK, rampUpPlan } from "../../../src/pace/closed.ts";

const S = 1_000_000;

describe("rampUpPlan", () => {
  test("starts cannons / rampup a second, the first at once", () => {
    const plan = rampUpPlan({ cannons: 30, rampupUs: 15 * S, durationUs: 60 * S });
    expect([plan.cannonsMax, plan.durationUs]).toEqual([30, 60 * S]);
    expect(plan.spansOf(0)).toEqual([{ startUs: 0, endUs: 60 * S }]);
    expect(plan.spansOf(1)).toEqual([{ startUs: 500_000, endUs: 60 * S }]);
    expect(plan.spansOf(29)).toEqual([{ startUs: 14_500_000, endUs: 60 * S }]);
    expect(plan.spansOf(30)).toEqual([]);
    const cases: readonly (readonly [number, number])[] = [
      [-1, 0],
      [0, 1],
      [499_999, 1],
      [500_000, 2],
      [1_000_000, 3],
      [14_499_999, 29],
      [14_500_000, 30],
      [59_999_999, 30],
      [60_000_000, 0],
    ];
    for (const [tUs, count] of cases) expect([tUs, plan.cannonsAt(tUs)]).toEqual([tUs, count]);
  });

  test("with rampup 0 starts all at once", () => {
    const plan = rampUpPlan({ cannons: 5, rampupUs: 0, durationUs: 9 });
    expect(plan.cannonsAt(0)).toBe(5);
    for (let i = 0; i < 5; i++) expect(plan.spansOf(i)).toEqual([{ startUs: 0, endUs: 9 }]);
  });

  test("longer than the run is cut", () => {
    const plan = rampUpPlan({ cannons: 10, rampupUs: 100 * S, durationUs: 25 * S });
    expect(plan.cannonsAt(25 * S - 1)).toBe(3);
    expect(plan.spansOf(2)).toEqual([{ startUs: 20 * S, endUs: 25 * S }]);
    expect(plan.spansOf(3)).toEqual([]);
  });

  test("agrees with cannonStartUs", () => {
    for (const [cannons, rampupUs] of [
      [1, 0],
      [7, 0],
      [3, 10 * S],
      [999, 7 * S],
      [4, 3],
    ] as const) {
      const plan = rampUpPlan({ cannons, rampupUs, durationUs: 100 * S });
      for (let cannon = 0; cannon < cannons; cannon++) {
        const startUs = cannonStartUs({ cannon, cannons, rampupUs });
        expect(plan.spansOf(cannon)[0]?.startUs).toBe(startUs);
      }
    }
  });

  test("of no cannons is an empty plan", () => {
    const plan = rampUpPlan({ cannons: 0, rampupUs: S, durationUs: 5 * S });
    expect([plan.cannonsMax, plan.cannonsAt(S), plan.spansOf(0).length]).toEqual([0, 0, 0]);
  });
});

describe("closedPlan", () => {
  const stage = (seconds: number, fromCannons: number, toCannons = fromCannons) => {
    return { durationUs: seconds * S, fromCannons, toCannons };
  };

  test("stops on the way down in the reverse order, the last at the very end", () => {
    const plan = closedPlan([stage(4, 0, 4), stage(2, 4), stage(8, 4, 0)], 100 * S);
    expect(plan.durationUs).toBe(14 * S);
    expect(plan.spansOf(0)).toEqual([{ startUs: 0, endUs: 14 * S }]);
    expect(plan.spansOf(3)).toEqual([{ startUs: 3 * S, endUs: 8 * S }]);
    expect([plan.cannonsAt(7.9 * S), plan.cannonsAt(8 * S)]).toEqual([4, 3]);
  });

  test("has a cannon start again after a valley, and steps of cycles", () => {
    const plan = closedPlan([stage(10, 10), stage(10, 2), stage(10, 30)], 100 * S);
    expect(plan.spansOf(1)).toEqual([{ startUs: 0, endUs: 30 * S }]);
    expect(plan.spansOf(5)).toEqual([
      { startUs: 0, endUs: 10 * S },
      { startUs: 20 * S, endUs: 30 * S },
    ]);
    expect(plan.spansOf(29)).toEqual([{ startUs: 20 * S, endUs: 30 * S }]);
    expect([9, 10, 20].map((second) => plan.cannonsAt(second * S))).toEqual([10, 2, 30]);
  });

  test("counts at any time the cannons whose span holds it", () => {
    const cannons = fc.integer({ min: 0, max: 12 });
    const stages = fc.array(
      fc.record({
        durationUs: fc.integer({ min: 0, max: 40 }),
        fromCannons: cannons,
        toCannons: cannons,
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(stages, fc.integer({ min: 0, max: 120 }), (list, durationUs) => {
        const plan = closedPlan(list, durationUs);
        const spans = Array.from({ length: plan.cannonsMax }, (_, i) => plan.spansOf(i)).flat();
        for (let tUs = 0; tUs <= durationUs; tUs++) {
          const open = spans.filter((span) => span.startUs <= tUs && tUs < span.endUs).length;
          expect([tUs, plan.cannonsAt(tUs)]).toEqual([tUs, open]);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("refuses parts of cannons", () => {
    expect(() => closedPlan([stage(1, 0.5)], S)).toThrow(AssertionFailed);
  });
});

describe("iterationK", () => {
  test("numbers every iteration of every cannon once", () => {
    const seen = new Set<number>();
    for (let cannon = 0; cannon < 7; cannon++) {
      for (let iteration = 0; iteration < 5; iteration++) {
        seen.add(iterationK({ cannon, iteration, cannons: 7 }));
      }
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 35 }, (_, k) => k));
  });
});
