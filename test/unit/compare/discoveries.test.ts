import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { discover, type Hypothesis } from "../../../src/compare/discoveries.ts";

/** By trying every number of discoveries, from the most. */
function slowDiscover(hypotheses: readonly Hypothesis[], share: number): boolean[] {
  const total = hypotheses.reduce((sum, { weight }) => sum + weight, 0);
  for (let found = hypotheses.length; found > 0; found--) {
    const passes = hypotheses.map(
      ({ chance, weight }) => chance <= (found * share * weight) / total,
    );
    if (passes.filter((one) => one).length >= found) return passes;
  }
  return hypotheses.map(() => false);
}

const HYPOTHESES = fc.array(
  fc.record({
    chance: fc.oneof(
      fc.double({ min: 0, max: 0.02, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
    weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
  }),
  { maxLength: 40 },
);

describe("discover", () => {
  test("is Benjamini and Hochberg's own example", () => {
    const chances = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719,
      0.6528, 0.759, 1,
    ];
    const found = discover(
      chances.map((chance) => ({ chance, weight: 1 })),
      0.05,
    );
    expect(found.isFound.filter((one) => one)).toHaveLength(4);
    expect(found.isFound.slice(0, 5)).toEqual([true, true, true, true, false]);
  });

  test("finds what trying every number finds", () => {
    fc.assert(
      fc.property(HYPOTHESES, (hypotheses) => {
        expect(discover(hypotheses, 0.05).isFound).toEqual(slowDiscover(hypotheses, 0.05));
      }),
      { numRuns: 2_000 },
    );
  });

  test("an interval of the test's level leaves out zero exactly where the test counts", () => {
    fc.assert(
      fc.property(HYPOTHESES, (hypotheses) => {
        const { isFound, levels } = discover(hypotheses, 0.05);
        for (const [i, { chance }] of hypotheses.entries()) {
          expect(chance <= (levels[i] as number)).toBe(isFound[i] as boolean);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("of nothing finds nothing", () => {
    expect(discover([], 0.05)).toEqual({ isFound: [], levels: [] });
  });
});
