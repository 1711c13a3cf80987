import { describe, expect, test } from "bun:test";
import { spreadOf } from "../../../src/compare/bootstrap.ts";
import { type Cells, readCells } from "../../../src/compare/cells.ts";
import type { Results } from "../../../src/store/results.ts";
import { type SimulatedTimer, simulateRun } from "../../support/compare-runs.ts";

const OPTIONS = { replicates: 1_000, seed: 1, stream: 0, percents: [50, 95, 99] };

function cellsOf(results: Results, seconds: number): Cells {
  const shape = { kind: 0, baseS: 1, spanS: seconds, measuredS: seconds } as const;
  return readCells(results.intervals(0, ""), shape);
}

function run(seed: number, more: Partial<SimulatedTimer> & { wander?: number; seconds?: number }) {
  const { wander = 0, seconds = 240, ...timer } = more;
  const timers = [{ name: "", medianUs: 1e5, perSecond: 50, ...timer }];
  return cellsOf(simulateRun({ seed, seconds, wander, timers }), seconds);
}

describe("spreadOf", () => {
  test("is the same for the same seed, and another for another", () => {
    const [base, next] = [run(1, {}), run(2, {})];
    const first = spreadOf(base, next, OPTIONS);
    expect(spreadOf(base, next, OPTIONS)).toEqual(first);
    expect(spreadOf(base, next, { ...OPTIONS, seed: 2 })).not.toEqual(first);
  });

  test("has the deviation that theory gives independent log-normal values", () => {
    const densities = { 50: 0.3989, 95: 0.1031, 99: 0.02665 };
    const sums = [0, 0, 0];
    const runs = 12;
    for (let i = 0; i < runs; i++) {
      const { percentiles } = spreadOf(run(2 * i, {}), run(2 * i + 1, {}), OPTIONS);
      for (const [p, { deviation }] of percentiles.entries()) sums[p] = (sums[p] ?? 0) + deviation;
    }
    for (const [p, percent] of ([50, 95, 99] as const).entries()) {
      const share = percent / 100;
      const own = (Math.sqrt((share * (1 - share)) / 12_000) * 0.5) / densities[percent];
      const ratio = (sums[p] ?? 0) / runs / (own * Math.SQRT2);
      expect(ratio).toBeGreaterThan(0.9);
      expect(ratio).toBeLessThan(1.15);
    }
  });

  test("is wider for a server that wanders", () => {
    const deviation = (wander: number) => {
      let sum = 0;
      for (let i = 0; i < 6; i++) {
        const pair = spreadOf(run(2 * i, { wander }), run(2 * i + 1, { wander }), OPTIONS);
        sum += pair.percentiles[0]?.deviation ?? 0;
      }
      return sum;
    };
    expect(deviation(0.1) / deviation(0)).toBeGreaterThan(2);
  });

  test("is no wider for what the plan does in both runs", () => {
    // A peak that triples all durations for a fifth of the run.
    const change = (valueUs: number, second: number) =>
      second >= 100 && second < 148 ? valueUs * 3 : valueUs;
    const plain = spreadOf(run(1, {}), run(2, {}), OPTIONS).percentiles[0];
    const peak = spreadOf(run(1, { change }), run(2, { change }), OPTIONS).percentiles[0];
    expect((peak?.deviation ?? 1) / (plain?.deviation ?? 1)).toBeLessThan(1.6);
  });

  test("turns round with its runs", () => {
    const [base, next] = [run(3, { errorShare: 0.1 }), run(4, { errorShare: 0.2 })];
    const one = spreadOf(base, next, OPTIONS);
    const other = spreadOf(next, base, OPTIONS);
    expect(other.errors.difference).toBeCloseTo(-one.errors.difference, 12);
    for (const [i, { difference, deviation }] of one.percentiles.entries()) {
      expect(other.percentiles[i]?.difference).toBeCloseTo(-difference, 12);
      expect((other.percentiles[i]?.deviation ?? 0) / deviation).toBeCloseTo(1, 1);
    }
  });

  test("of a run and itself is nothing", () => {
    const cells = run(5, { errorShare: 0.1 });
    const { percentiles, rate, errors } = spreadOf(cells, cells, OPTIONS);
    for (const { difference, deviation } of [...percentiles, rate, errors]) {
      expect(difference).toBe(0);
      expect(deviation).toBeLessThan(1e-9);
    }
  });

  test("holds runs of different lengths against each other", () => {
    const [base, next] = [run(6, { seconds: 240 }), run(7, { seconds: 80 })];
    const { percentiles, rate } = spreadOf(base, next, OPTIONS);
    expect(rate.difference).toBeCloseTo(0, 6);
    const own = 0.00572 * Math.sqrt(1 + 3);
    expect((percentiles[0]?.deviation ?? 0) / own).toBeGreaterThan(0.75);
    expect((percentiles[0]?.deviation ?? 0) / own).toBeLessThan(1.4);
  });
});
