import { describe, expect, test } from "bun:test";
import { Random } from "../../../src/base/random.ts";
import {
  autocovariance,
  blockLength,
  blockVariance,
  longRunVariance,
} from "../../../src/compare/autocorrelation.ts";

/** A first-order autoregression of variance 1. */
function wandering(length: number, memory: number, seed: number): Float64Array {
  const random = new Random(seed);
  const series = new Float64Array(length);
  let level = random.normal(0, 1);
  for (let i = 0; i < length; i++) {
    series[i] = level;
    level = memory * level + random.normal(0, Math.sqrt(1 - memory * memory));
  }
  return series;
}

describe("autocovariance", () => {
  test("is what its definition says", () => {
    const series = Float64Array.from([1, 5, 2, 8, 3, 9]);
    const mean = 28 / 6;
    const slow = (lag: number) =>
      [...series.keys()]
        .filter((i) => i >= lag)
        .reduce((sum, i) => sum + ((series[i] ?? 0) - mean) * ((series[i - lag] ?? 0) - mean), 0) /
      6;
    for (const lag of [0, 1, 2, 5]) expect(autocovariance(series, lag)).toBeCloseTo(slow(lag), 12);
    expect(autocovariance(series, 6)).toBe(0);
  });
});

describe("blockLength", () => {
  const medianOf = (length: number, memory: number) => {
    const lengths = Array.from({ length: 31 }, (_, i) => blockLength(wandering(length, memory, i)));
    return lengths.sort((a, b) => a - b)[15] ?? 0;
  };

  test("is the cube root where nothing is correlated, and grows with memory", () => {
    expect(medianOf(600, 0)).toBe(9);
    expect(medianOf(600, 0.6)).toBeGreaterThan(9);
    expect(medianOf(600, 0.9)).toBeGreaterThan(medianOf(600, 0.6));
  });

  test.each([1, 2, 3, 7, 8, 20])("of %p cells is from 1 to a quarter of them", (length) => {
    const found = blockLength(wandering(length, 0.9, 3));
    expect(found).toBeGreaterThanOrEqual(1);
    expect(found).toBeLessThanOrEqual(Math.max(1, Math.floor(length / 4)));
  });

  test("of a constant is the shortest", () => {
    expect(blockLength(new Float64Array(1000).fill(7))).toBe(10);
  });
});

describe("blockVariance", () => {
  test("is the variance of means of circular blocks", () => {
    const series = wandering(60, 0.5, 9);
    const mean = series.reduce((sum, value) => sum + value, 0) / 60;
    const block = 7;
    let squares = 0;
    for (let start = 0; start < 60; start++) {
      let sum = 0;
      for (let i = 0; i < block; i++) sum += (series[(start + i) % 60] ?? 0) - mean;
      squares += sum * sum;
    }
    // Around its ends the series is not itself: equal within what that makes.
    const slow = (squares / 60 / block) * (60 / (60 - block));
    expect(blockVariance(series, block) / slow).toBeGreaterThan(0.8);
    expect(blockVariance(series, block) / slow).toBeLessThan(1.25);
  });
});

describe("longRunVariance", () => {
  test.each([
    [0, 1],
    [0.5, 3],
    [0.8, 9],
  ])("of a memory of %p is %p times the variance", (memory, factor) => {
    const found = Array.from({ length: 40 }, (_, i) => longRunVariance(wandering(800, memory, i)));
    const mean = found.reduce((sum, { variance }) => sum + variance, 0) / 40;
    expect(mean / factor).toBeGreaterThan(0.85);
    expect(mean / factor).toBeLessThan(1.2);
  });

  test("adds more lags where more are correlated", () => {
    const lags = (memory: number) => longRunVariance(wandering(800, memory, 1)).lags;
    expect(lags(0.9)).toBeGreaterThan(lags(0));
  });

  test("of a constant is nothing", () => {
    expect(longRunVariance(new Float64Array(50).fill(3))).toEqual({ variance: -0, lags: 0 });
  });
});
