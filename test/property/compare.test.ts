// What holds of any two runs: words fit their intervals, turning the runs round turns the words, and
// units do not matter.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compareRuns } from "../../src/compare/compare.ts";
import { type Comparison, isDifference, type Word } from "../../src/compare/types.ts";
import { type SimulatedTimer, simulateRun } from "../support/compare-runs.ts";

const QUICK = { replicates: 120 };

interface Side {
  readonly seed: number;
  readonly seconds: number;
  readonly timers: readonly SimulatedTimer[];
  readonly wander: number;
}

const TIMER = fc.record({
  name: fc.constantFrom("", "a", "b", "<b>"),
  medianUs: fc.constantFrom(1, 40, 3_000, 1e6, 3e9),
  sigma: fc.constantFrom(0, 0.1, 0.5, 2),
  perSecond: fc.constantFrom(0, 1, 7, 30),
  errorShare: fc.constantFrom(0, 0, 0.01, 1),
});
const SIDE: fc.Arbitrary<Side> = fc.record({
  seed: fc.nat(),
  seconds: fc.constantFrom(1, 7, 8, 9, 30, 61),
  timers: fc.uniqueArray(TIMER, { selector: ({ name }) => name, minLength: 1, maxLength: 3 }),
  wander: fc.constantFrom(0, 0.02, 0.5),
});

function figuresOf(comparison: Comparison) {
  return comparison.timers.flatMap(({ figures }) => figures);
}

const TURNED: Readonly<Record<Word, Word>> = {
  slower: "faster",
  faster: "slower",
  more: "fewer",
  fewer: "more",
  same: "same",
  "cannot tell": "cannot tell",
};

describe("compareRuns", () => {
  test("gives every figure a word that fits its interval, of runs of any shape", () => {
    fc.assert(
      fc.property(SIDE, SIDE, (base, next) => {
        const runs = { base: simulateRun(base), next: simulateRun(next), isForced: true };
        const comparison = compareRuns(runs, QUICK);
        for (const { word, change, low, high, why } of figuresOf(comparison)) {
          if (change === undefined || low === undefined || high === undefined) {
            expect(why).toBeString();
            expect(isDifference(word)).toBe(false);
            continue;
          }
          expect(low).toBeLessThanOrEqual(change);
          expect(high).toBeGreaterThanOrEqual(change);
          if (isDifference(word)) expect(low > 0 || high < 0).toBe(true);
          if (word === "same") expect(Math.max(-low, high)).toBeLessThanOrEqual(0.05 + 1e-12);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("turns its words with its runs", () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0.5, 0.9, 1, 1.3), (seed, factor) => {
        const timers = [{ name: "", medianUs: 1e5, perSecond: 30, errorShare: 0.03 }];
        const change = (us: number) => us * factor;
        const base = simulateRun({ seed, seconds: 60, timers });
        const next = simulateRun({
          seed: seed + 1,
          seconds: 60,
          timers: timers.map((timer) => ({ ...timer, change })),
        });
        const forward = figuresOf(compareRuns({ base, next }));
        const backward = figuresOf(compareRuns({ base: next, next: base }));
        for (const [i, one] of forward.entries()) {
          const other = backward[i];
          expect(other?.base).toBe(one.next);
          if (one.figure === "errors") {
            expect(other?.change ?? 0).toBeCloseTo(-(one.change ?? 0), 9);
          } else {
            expect((1 + (other?.change ?? 0)) * (1 + (one.change ?? 0))).toBeCloseTo(1, 9);
          }
          // Deviations are the same but for the way in which blocks of unequal runs are drawn.
          if (Math.abs(one.change ?? 0) > 0.3) expect(other?.word).toBe(TURNED[one.word]);
        }
      }),
      { numRuns: 25 },
    );
  });

  test("says the same of the same times eight times as long", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        // By a power of two, so that values fall into the same steps of the histogram.
        const compared = (scale: number) => {
          const timer = { name: "", medianUs: 50_000, perSecond: 30 };
          const run = (own: number, factor: number) => {
            const change = (us: number) => scale * Math.max(3_000, Math.round(us * factor));
            return simulateRun({ seed: own, seconds: 60, timers: [{ ...timer, change }] });
          };
          return figuresOf(compareRuns({ base: run(seed, 1), next: run(seed + 1, 1.1) }));
        };
        const large = compared(8);
        for (const [i, { change, low, high, word }] of compared(1).entries()) {
          expect(large[i]?.word).toBe(word);
          expect(large[i]?.change ?? 0).toBeCloseTo(change ?? 0, 9);
          expect(large[i]?.low ?? 0).toBeCloseTo(low ?? 0, 9);
          expect(large[i]?.high ?? 0).toBeCloseTo(high ?? 0, 9);
        }
      }),
      { numRuns: 20 },
    );
  });
});
