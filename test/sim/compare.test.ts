// What a comparison promises, by simulation: 12,000 log-normal samples (sigma 0.5) a side and timer,
// from a server whose level wanders (deviation 2.5 % from second to second, of which 0.6 stays), over
// 600 s. scripts/bench/compare.ts does the same for more pairs and for other servers.

import { describe, expect, test } from "bun:test";
import { autocovariance } from "../../src/compare/autocorrelation.ts";
import { simulateRun } from "../support/compare-runs.ts";
import { countTrials, TRIAL_TIMERS } from "../support/compare-trials.ts";

const PAIRS = 200;
const TIMEOUT_MS = 120_000;

describe("compareRuns", () => {
  test("the simulated server is autocorrelated", () => {
    const timers = [{ name: "", medianUs: 1e5, perSecond: 200 }];
    const base = simulateRun({ seed: 7, seconds: 5_000, timers });
    const means = base.intervals(0, "").map(({ sum, count }) => Math.log(sum / count));
    const series = Float64Array.from(means);
    const correlation = (lag: number) => autocovariance(series, lag) / autocovariance(series, 0);
    // Of 0.025^2 + 0.25 / 200 a third is the level's, and 0.6 of that stays each second.
    expect(correlation(1)).toBeCloseTo(0.2, 1);
    expect(correlation(2)).toBeCloseTo(0.12, 1);
    expect(correlation(1)).toBeGreaterThan(correlation(3));
  });

  test(
    "raises an alarm in under 5 % of pairs of equal runs, all timers together",
    () => {
      const timers = TRIAL_TIMERS.slice(0, 2);
      const counted = countTrials({ pairs: PAIRS, firstSeed: 0, timers });
      expect(counted.pairs).toBe(PAIRS);
      expect(counted.alarms / PAIRS).toBeLessThan(0.05);
    },
    TIMEOUT_MS,
  );

  test(
    "finds a delay of 5 % at the 95 % line in over 90 % of pairs",
    () => {
      const timers = TRIAL_TIMERS.slice(0, 1);
      const change = (valueUs: number) => valueUs * 1.05;
      const counted = countTrials({ pairs: PAIRS, firstSeed: 1_000_000, timers, change });
      expect(counted.slowerAtP95 / PAIRS).toBeGreaterThan(0.9);
    },
    TIMEOUT_MS,
  );
});
