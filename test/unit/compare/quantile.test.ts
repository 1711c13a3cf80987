import { describe, expect, test } from "bun:test";
import { Random } from "../../../src/base/random.ts";
import { blockSums, type Cells, readCells } from "../../../src/compare/cells.ts";
import { ResampledQuantile, stretchOf } from "../../../src/compare/quantile.ts";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import { Histogram } from "../../../src/stats/histogram.ts";
import type { StoredInterval } from "../../../src/store/results.ts";

function intervalOf(second: number, values: readonly number[]): StoredInterval {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  const sum = values.reduce((total, value) => total + value, 0);
  return {
    second,
    count: values.length,
    errorCount: 0,
    sum,
    sumSquares: 0,
    min: Math.min(...values),
    max: Math.max(...values),
    histogram: histogram.payload(),
  };
}

function cellsOf(seconds: readonly (readonly number[])[]): Cells {
  const intervals = seconds.map((values, second) => intervalOf(second, values));
  const kind = CELL_KIND.timer;
  return readCells(intervals, { kind, baseS: 1, spanS: seconds.length, measuredS: seconds.length });
}

function lognormalSeconds(length: number, perSecond: number, seed: number): number[][] {
  const random = new Random(seed);
  return Array.from({ length }, () =>
    Array.from({ length: perSecond }, () => Math.round(50_000 * Math.exp(random.normal(0, 0.5)))),
  );
}

function slowPercentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] as number;
}

describe("ResampledQuantile", () => {
  const seconds = lognormalSeconds(120, 100, 5);
  const cells = cellsOf(seconds);

  test.each([50, 95, 99])("knows the whole run's %p %", (percent) => {
    const found = new ResampledQuantile(cells, percent).wholeUs;
    expect(found / slowPercentile(seconds.flat(), percent)).toBeCloseTo(1, 2);
  });

  test.each([50, 95, 99])("its influences at %p % cancel out", (percent) => {
    const { influence } = new ResampledQuantile(cells, percent);
    const sum = influence.reduce((total, value) => total + value, 0);
    expect(Math.abs(sum)).toBeLessThan(1e-6);
  });

  test.each([50, 95, 99])(
    "spreads at %p % as percentiles of the drawn values themselves do",
    (percent) => {
      // Those of one run hang on the few values beside the percentile: only many runs agree.
      let ratios = 0;
      const runs = 8;
      for (let seed = 1; seed <= runs; seed++) {
        const { found, slow } = resampledBothWays(percent, seed);
        expect(correlationOf(found, slow)).toBeGreaterThan(0.9);
        const [quick, expected] = [momentsOf(found), momentsOf(slow)];
        ratios += quick.deviation / expected.deviation;
      }
      expect(ratios / runs).toBeGreaterThan(0.85);
      expect(ratios / runs).toBeLessThan(1.2);
    },
  );

  test("moves between the steps of a coarse histogram", () => {
    // 50 us are told from 51 us and no finer: half of each is half way.
    const quantile = new ResampledQuantile(cellsOf([[50, 50, 51, 51]]), 50);
    expect(quantile.wholeUs).toBeCloseTo(51, 6);
    expect(new ResampledQuantile(cellsOf([[50, 50, 50, 50]]), 50).wholeUs).toBeCloseTo(50.5, 6);
  });

  test("has no percentile where the drawn cells are empty", () => {
    const quantile = new ResampledQuantile(cellsOf([[5], [], [], []]), 50);
    quantile.prepare(1, 2);
    expect(quantile.resampled(Uint32Array.from([1, 2]))).toBeNaN();
    expect(quantile.resampled(Uint32Array.from([0, 2]))).toBeFinite();
  });

  test("of zeros has a logarithm", () => {
    const quantile = new ResampledQuantile(cellsOf([[0, 0], [0], [0], [0]]), 95);
    quantile.prepare(1, 4);
    expect(quantile.resampled(Uint32Array.from([0, 1, 2, 3]))).toBeFinite();
  });
});

describe("stretchOf", () => {
  test("is the rule of Hall and Sheather, and never reaches the end of the values", () => {
    expect(stretchOf(0.5, 12_000)).toBeCloseTo(0.0425, 3);
    expect(stretchOf(0.95, 12_000)).toBeCloseTo(0.0093, 3);
    expect(stretchOf(0.99, 100)).toBeLessThan(0.01);
    expect(stretchOf(0.05, 12_000)).toBeCloseTo(stretchOf(0.95, 12_000), 12);
  });
});

describe("blockSums", () => {
  test.each([1, 3, 5, 7])("of %p cells go round", (block) => {
    const column = Float64Array.from([3, 1, 4, 1, 5]);
    const slow = [...column.keys()].map((start) =>
      Array.from({ length: block }, (_, i) => column[(start + i) % 5] ?? 0).reduce((a, b) => a + b),
    );
    expect([...blockSums(column, block)]).toEqual(slow);
  });
});

describe("readCells", () => {
  test("joins intervals where there are too many for a cell each", () => {
    const intervals = [0, 1, 9_999].map((second) => intervalOf(second, [100, 200]));
    const cells = readCells(intervals, { kind: CELL_KIND.timer, baseS: 1, spanS: 1, measuredS: 1 });
    expect(cells.stepS).toBe(3);
    expect(cells.length).toBe(3_334);
    expect(cells.values).toBe(6);
    expect(cells.count[0]).toBe(4);
    // Both of the first two are in one cell: the entries of a value are beside each other.
    expect([...cells.index.slice(0, 4)]).toEqual([100, 100, 200, 200]);
  });

  test("takes seconds from anywhere, however far", () => {
    const intervals = [-5, 1e12].map((second) => intervalOf(second, [7]));
    const cells = readCells(intervals, { kind: CELL_KIND.timer, baseS: 1, spanS: 1, measuredS: 1 });
    expect(cells.length).toBeLessThanOrEqual(4_096);
    expect(cells.count[0]).toBe(1);
    expect(cells.count.at(-1)).toBe(1);
  });
});

/** Logarithms of percentiles of the same blocks: quickly, and from all values that were drawn. */
function resampledBothWays(percent: number, seed: number): { found: number[]; slow: number[] } {
  const seconds = lognormalSeconds(120, 30, seed);
  const [block, blocks] = [5, 24];
  const quick = new ResampledQuantile(cellsOf(seconds), percent);
  quick.prepare(block, blocks);
  const random = new Random(11);
  const found: number[] = [];
  const slow: number[] = [];
  for (let round = 0; round < 150; round++) {
    const starts = Uint32Array.from({ length: blocks }, () => random.integer(0, 119));
    found.push(quick.resampled(starts));
    const drawn = [...starts].flatMap((start) =>
      Array.from({ length: block }, (_, i) => seconds[(start + i) % 120] as number[]).flat(),
    );
    slow.push(Math.log(slowPercentile(drawn, percent)));
  }
  return { found, slow };
}

function momentsOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

function correlationOf(a: readonly number[], b: readonly number[]): number {
  const [one, other] = [momentsOf(a), momentsOf(b)];
  const product = a.reduce(
    (sum, value, i) => sum + (value - one.mean) * ((b[i] as number) - other.mean),
    0,
  );
  return product / (a.length - 1) / one.deviation / other.deviation;
}
