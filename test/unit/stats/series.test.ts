import { describe, expect, test } from "bun:test";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import { chartIntervalS, intervalTallies, SecondSeries } from "../../../src/stats/series.ts";
import { Tally } from "../../../src/stats/tally.ts";

function cellOf(second: number, values: readonly number[]) {
  const tally = new Tally(CELL_KIND.timer);
  for (const value of values) tally.record(value, value > 100);
  const { count, errorCount, sum, sumSquares, min, max } = tally;
  const histogram = tally.histogram?.payload();
  return { second, count, errorCount, sum, sumSquares, min, max, histogram };
}

describe("SecondSeries", () => {
  test("gives any stretch of seconds, with zeros where nothing was", () => {
    const series = new SecondSeries();
    expect(series.lastSecond).toBe(-1);
    for (const second of [599, 600, 1_800, 599]) series.add(second, cellOf(second, [5]));
    expect(series.lastSecond).toBe(1_800);
    const { count, firstSecond } = series.columns(598, 601);
    expect([firstSecond, ...count]).toEqual([598, 0, 2, 1, 0]);
    const whole = series.columns(0, 3_000).count;
    expect([whole.length, whole.reduce((a, b) => a + b)]).toEqual([3_001, 4]);
    expect(series.columns(5, 4).count.length).toBe(0);
  });
});

describe("intervalTallies", () => {
  test("merges the seconds of an interval, percentiles too", () => {
    const cells = [3, 20, 29].map((second) => cellOf(second, [second, second + 100]));
    const found = Array.from(intervalTallies(CELL_KIND.timer, cells, 10), ({ startS, tally }) => {
      const { count, errorCount, sum, min, max, histogram } = tally;
      const percentiles = histogram?.percentiles([50, 100]);
      return { startS, count, errorCount, sum, min, max, percentiles };
    });
    expect(found).toEqual([
      { startS: 0, count: 2, errorCount: 1, sum: 106, min: 3, max: 103, percentiles: [3, 103] },
      { startS: 20, count: 4, errorCount: 2, sum: 298, min: 20, max: 129, percentiles: [29, 129] },
    ]);
  });

  test("of kinds without histogram adds up, and of nothing is nothing", () => {
    const cell = { ...cellOf(1, [7]), histogram: undefined };
    const [found] = intervalTallies(CELL_KIND.counter, [cell], 1);
    expect([found?.startS, found?.tally.sum]).toEqual([1, 7]);
    expect([...intervalTallies(CELL_KIND.timer, [], 1)]).toEqual([]);
  });
});

describe("chartIntervalS", () => {
  test("is the interval asked for, or its smallest multiple that fits", () => {
    const cases: readonly (readonly [number, number, number])[] = [
      [0, 10, 10],
      [600, 1, 1],
      [601, 1, 2],
      [43_200, 1, 72],
      [43_200, 10, 80],
      [60, 0, 1],
    ];
    for (const [durationS, intervalS, wanted] of cases) {
      const found = chartIntervalS({ durationS, intervalS, pointsMax: 600 });
      expect([durationS, intervalS, found]).toEqual([durationS, intervalS, wanted]);
    }
  });
});
