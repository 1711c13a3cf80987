import { describe, expect, test } from "bun:test";
import { AssertionFailed } from "../../../src/base/assert.ts";
import { Random } from "../../../src/base/random.ts";
import { type Arrivals, snapped, wholeArrivals } from "../../../src/pace/arrivals.ts";
import { constantArrivals } from "../../../src/pace/constant.ts";
import { RateCurve, type RateSegment } from "../../../src/pace/curve.ts";
import { countBelow, gamma, poissonCount, uniformOfRank } from "../../../src/pace/draws.ts";
import { linearArrivals } from "../../../src/pace/linear.ts";
import { poissonArrivals } from "../../../src/pace/poisson.ts";

const S = 1_000_000;
const DAY_S = 86_400;

function segment(seconds: number, fromPerSec: number, toPerSec = fromPerSec): RateSegment {
  return { durationUs: seconds * S, fromPerSec, toPerSec };
}

function times(arrivals: Arrivals): number[] {
  return Array.from({ length: arrivals.count }, (_, k) => arrivals.timeUs(k));
}

describe("wholeArrivals and snapped", () => {
  test("do not turn rounding into an arrival", () => {
    const cases: readonly (readonly [number, number])[] = [
      [0, 0],
      [0.1 * 30, 3],
      [2.5, 3],
      [3 - 1e-12, 3],
      [8.64e9 + 1e-6, 8.64e9],
      [1 / 3, 1],
    ];
    for (const [expected, count] of cases) expect(wholeArrivals(expected)).toBe(count);
    expect([snapped(0.1 * 30), snapped(2.5), snapped(0)]).toEqual([3, 2.5, 0]);
  });
});

describe("constantArrivals", () => {
  test("are evenly spaced from the start, each in its place", () => {
    const arrivals = constantArrivals({ ratePerSec: 4, durationUs: 1.5 * S });
    expect(times(arrivals)).toEqual([0, 250_000, 500_000, 750_000, 1_000_000, 1_250_000]);
    expect([-1, 0, 1_499_999, 1_500_000].map(arrivals.rateAt)).toEqual([0, 4, 4, 0]);
  });

  test("count exactly over a day, and do not drift", () => {
    for (const ratePerSec of [1 / 3600, 0.1, 1, 3, 7.7, 1_000, 99_999]) {
      const arrivals = constantArrivals({ ratePerSec, durationUs: DAY_S * S });
      expect(Math.abs(arrivals.count - ratePerSec * DAY_S)).toBeLessThan(1);
      const last = arrivals.count - 1;
      expect(arrivals.timeUs(last)).toBeLessThan(DAY_S * S);
      expect(Math.abs(arrivals.timeUs(last) - (last / ratePerSec) * S)).toBeLessThanOrEqual(1);
    }
  });

  test("of no rate or no time are none", () => {
    expect(constantArrivals({ ratePerSec: 0, durationUs: S }).count).toBe(0);
    expect(constantArrivals({ ratePerSec: 9, durationUs: 0 }).count).toBe(0);
    expect(() => constantArrivals({ ratePerSec: -1, durationUs: 1 })).toThrow(AssertionFailed);
  });
});

describe("RateCurve", () => {
  const curve = new RateCurve([
    segment(10, 0, 10),
    segment(5, 0),
    segment(10, 10),
    segment(0, 99),
    segment(20, 20, 0),
  ]);

  test("integrates and inverts in closed form", () => {
    expect(curve.expected).toBe(50 + 0 + 100 + 200);
    const cases: readonly (readonly [seconds: number, count: number, rate: number])[] = [
      [0, 0, 0],
      [5, 12.5, 5],
      [10, 50, 0],
      [12, 50, 0],
      [15, 50, 10],
      [20, 100, 10],
      [25, 150, 20],
      [35, 300, 10],
      [45, 350, 0],
      [50, 350, 0],
    ];
    for (const [seconds, count, rate] of cases) {
      expect([seconds, curve.countAt(seconds * S)]).toEqual([seconds, count]);
      expect([seconds, curve.rateAt(seconds * S)]).toEqual([seconds, rate]);
    }
    expect(curve.rateAt(-1)).toBe(0);
    for (let count = 0.25; count < curve.expected; count += 0.25) {
      expect(curve.countAt(curve.timeAtUs(count))).toBeCloseTo(count, 6);
    }
  });

  test("puts what falls on a pause after it", () => {
    expect(curve.timeAtUs(50)).toBe(15 * S);
    expect(curve.timeAtUs(49.999_999)).toBeLessThan(10 * S);
  });

  test("of nothing is nothing", () => {
    const empty = new RateCurve([]);
    expect([empty.expected, empty.timeAtUs(0), empty.rateAt(0), empty.countAt(5)]).toEqual([
      0, 0, 0, 0,
    ]);
    expect(() => new RateCurve([segment(1, -1, 2)])).toThrow(AssertionFailed);
  });
});

describe("linearArrivals", () => {
  test("follow the integral of the rate", () => {
    const up = linearArrivals([segment(10, 0, 10)]);
    expect(up.count).toBe(50);
    expect(times(up).slice(0, 3)).toEqual([0, 1_414_213, 2_000_000]);
    const down = linearArrivals([segment(10, 10, 0)]);
    expect(down.count).toBe(50);
    expect(down.timeUs(49)).toBe(Math.floor((10 - Math.SQRT2) * S));
  });

  test("of a flat curve are the constant ones", () => {
    for (const ratePerSec of [0.3, 1, 7, 1_234.5]) {
      const flat = times(linearArrivals([segment(7, ratePerSec), segment(3, ratePerSec)]));
      const constant = times(constantArrivals({ ratePerSec, durationUs: 10 * S }));
      expect(flat.length).toBe(constant.length);
      flat.forEach((time, k) => {
        expect(Math.abs(time - (constant[k] as number))).toBeLessThanOrEqual(1);
      });
    }
  });

  test("count to one over a day of stages, without drift", () => {
    const stages = Array.from({ length: 24 }, (_, hour) => segment(3_600, hour * 50, hour * 37));
    const expected = stages.reduce(
      (sum, stage) => sum + ((stage.fromPerSec + stage.toPerSec) / 2) * 3_600,
      0,
    );
    const arrivals = linearArrivals(stages);
    const curve = new RateCurve(stages);
    expect(Math.abs(arrivals.count - expected)).toBeLessThanOrEqual(1);
    for (let k = 0; k < arrivals.count; k += 123_457) {
      expect(Math.abs(curve.countAt(arrivals.timeUs(k)) - k)).toBeLessThan(0.01);
    }
  });

  test("never go back in time", () => {
    const arrivals = linearArrivals([segment(3, 0, 500), segment(2, 0), segment(4, 700, 0)]);
    const all = times(arrivals);
    expect(all).toEqual([...all].sort((a, b) => a - b));
    expect(all.at(-1)).toBeLessThan(9 * S);
  });
});

describe("draws", () => {
  const N = 20_000;
  const moments = (draw: (random: Random) => number) => {
    const values = Array.from({ length: N }, (_, k) => draw(new Random(77, k)));
    const mean = values.reduce((a, b) => a + b) / N;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (N - 1);
    return { mean, variance };
  };
  const within = (found: number, wanted: number, deviation: number) => {
    expect(Math.abs(found - wanted)).toBeLessThan((5 * deviation) / Math.sqrt(N));
  };

  test("gamma has its shape as mean and variance", () => {
    for (const shape of [1, 2.5, 50, 1e6]) {
      const { mean, variance } = moments((random) => gamma(random, shape));
      within(mean, shape, Math.sqrt(shape));
      within(variance / shape, 1, Math.sqrt(2 + 6 / shape));
    }
  });

  test("the middle of n uniform numbers is in the middle", () => {
    const { mean, variance } = moments((random) => uniformOfRank(random, 3, 5));
    within(mean, 0.5, Math.sqrt(1 / 28));
    within(variance * 28, 1, 1.5);
  });

  test("countBelow is binomial", () => {
    for (const [n, limit] of [
      [1, 0.3],
      [40, 0.1],
      [1_000_000, 0.7],
    ] as const) {
      const { mean, variance } = moments((random) => countBelow(random, n, limit));
      const wanted = n * limit * (1 - limit);
      within(mean, n * limit, Math.sqrt(wanted));
      within(variance / wanted, 1, Math.sqrt(2 + 1 / wanted));
    }
    expect(countBelow(new Random(1), 9, 1)).toBe(9);
    expect(countBelow(new Random(1), 9, 0)).toBe(0);
  });

  test("poissonCount has its mean as mean and variance", () => {
    for (const mean of [0.5, 4, 10_000]) {
      const found = moments((random) => poissonCount(random, mean));
      within(found.mean, mean, Math.sqrt(mean));
      within(found.variance / mean, 1, Math.sqrt(2 + 1 / mean));
    }
    expect(poissonCount(new Random(1), 0)).toBe(0);
  });
});

describe("poissonArrivals", () => {
  // Chi-squared of counts against expected ones, as deviations from its mean.
  const chiDeviation = (counts: readonly number[], expected: readonly number[]) => {
    const chi = counts.reduce((sum, count, i) => {
      const wanted = expected[i] as number;
      return sum + (count - wanted) ** 2 / wanted;
    }, 0);
    return (chi - counts.length) / Math.sqrt(2 * counts.length);
  };

  test("fill windows of a changing rate as a Poisson process does", () => {
    const segments = [segment(50, 100, 300), segment(50, 300), segment(100, 300, 0.5)];
    const curve = new RateCurve(segments);
    for (const seed of [1, 2, 3]) {
      const counts = new Array<number>(190).fill(0);
      for (const time of times(poissonArrivals({ seed, segments }))) {
        const window = Math.floor(time / S);
        if (window < counts.length) counts[window] = (counts[window] as number) + 1;
      }
      const expected = counts.map((_, i) => curve.countAt((i + 1) * S) - curve.countAt(i * S));
      expect(Math.abs(chiDeviation(counts, expected))).toBeLessThan(4.5);
    }
  });

  test("leave exponential gaps that do not depend on each other", () => {
    const all = times(poissonArrivals({ seed: 9, segments: [segment(100, 200)] }));
    const gaps = all.slice(1).map((time, k) => (time - (all[k] as number)) / S);
    const bins = new Array<number>(20).fill(0);
    const pairs = new Array<number>(16).fill(0);
    const quantile = (gap: number, parts: number) => {
      return Math.min(parts - 1, Math.floor((1 - Math.exp(-gap * 200)) * parts));
    };
    gaps.forEach((gap, k) => {
      const bin = quantile(gap, 20);
      bins[bin] = (bins[bin] as number) + 1;
      const pair = quantile(gap, 4) * 4 + quantile(gaps[k + 1] ?? gap, 4);
      pairs[pair] = (pairs[pair] as number) + 1;
    });
    for (const counts of [bins, pairs]) {
      const expected = counts.map(() => gaps.length / counts.length);
      expect(Math.abs(chiDeviation(counts, expected))).toBeLessThan(4.5);
    }
  });

  test("hold the exact count when asked, and draw it otherwise", () => {
    const segments = [segment(10, 100)];
    const counts = Array.from(
      { length: 400 },
      (_, seed) => poissonArrivals({ seed, segments }).count,
    );
    const mean = counts.reduce((a, b) => a + b) / counts.length;
    const variance = counts.reduce((sum, n) => sum + (n - mean) ** 2, 0) / (counts.length - 1);
    expect(Math.abs(mean - 1_000)).toBeLessThan(8);
    expect(Math.abs(variance / 1_000 - 1)).toBeLessThan(0.35);
    for (let seed = 0; seed < 5; seed++) {
      expect(poissonArrivals({ seed, segments, hasExactCount: true }).count).toBe(1_000);
    }
  });

  test("give the same time for k in any order of asking", () => {
    const options = { seed: 4, segments: [segment(2, 0, 900), segment(1, 0), segment(2, 500)] };
    const ordered = times(poissonArrivals(options));
    expect(ordered).toEqual([...ordered].sort((a, b) => a - b));
    expect(ordered.at(-1)).toBeLessThan(5 * S);
    const shuffled = new Random(8).shuffle(ordered.map((_, k) => k));
    const asked = poissonArrivals(options);
    for (const k of shuffled) expect([k, asked.timeUs(k)]).toEqual([k, ordered[k] as number]);
    const other = times(poissonArrivals({ ...options, seed: 5 }));
    expect(other.slice(0, 20)).not.toEqual(ordered.slice(0, 20));
  });

  test("of no rate are none", () => {
    expect(poissonArrivals({ seed: 1, segments: [segment(9, 0)] }).count).toBe(0);
  });

  test("find arrival 5,000,000,000 of a day", () => {
    const day = poissonArrivals({ seed: 5, segments: [segment(DAY_S, 100_000)] });
    expect(Math.abs(day.count - 8.64e9)).toBeLessThan(6 * Math.sqrt(8.64e9));
    expect(Math.abs(day.timeUs(5e9) / S - 50_000)).toBeLessThan(5);
  });
});
