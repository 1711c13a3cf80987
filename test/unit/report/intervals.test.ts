// Figures of intervals against an oracle that keeps every value.

import { describe, expect, test } from "bun:test";
import { Random } from "../../../src/base/random.ts";
import {
  chartsAndTable,
  pointsEach,
  rowSource,
  rowValues,
  storedSource,
} from "../../../src/report/intervals.ts";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import { Tally } from "../../../src/stats/tally.ts";
import type { ResultRow, StoredInterval } from "../../../src/store/results.ts";
import { numbersOf, sampleResults } from "../../support/report-results.ts";

type Value = readonly [second: number, valueUs: number, isError: boolean];

/** Values with quiet seconds between, as a run has them. */
function someValues(seed: number, seconds: number): Value[] {
  const random = new Random(seed);
  const values: Value[] = [];
  for (let second = 0; second < seconds; second++) {
    if (random.unit() < 0.3) continue;
    for (let i = random.integer(1, 12); i > 0; i--) {
      values.push([second, 1 + Math.floor(random.exponential(90_000)), random.unit() < 0.1]);
    }
  }
  return values;
}

function stored(values: readonly Value[]): StoredInterval[] {
  const bySecond = new Map<number, Tally>();
  for (const [second, valueUs, isError] of values) {
    const tally = bySecond.get(second) ?? new Tally(CELL_KIND.timer);
    bySecond.set(second, tally);
    tally.record(valueUs, isError);
  }
  return [...bySecond].map(([second, tally]) => ({ second, ...numbersOf(tally) }));
}

function sourceOf(values: readonly Value[]) {
  const intervals = stored(values);
  const results = sampleResults({ seconds: 1, timers: [], more: { intervals: () => intervals } });
  return storedSource({ results, kind: CELL_KIND.timer, name: "" });
}

function slowGroups(values: readonly Value[], stepS: number): Map<number, Value[]> {
  const groups = new Map<number, Value[]>();
  for (const value of values) {
    const key = Math.floor(value[0] / stepS) * stepS;
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return groups;
}

/** The smallest value that at least `percent` of the values do not exceed. */
function slowPercentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] as number;
}

describe("storedSource", () => {
  for (const stepS of [1, 3, 10, 60]) {
    test(`groups to ${stepS} s as if every value were there`, () => {
      const values = someValues(stepS, 95);
      const source = sourceOf(values);
      const spanS = Math.max(...values.map(([second]) => second)) + 1;
      expect(source.spanS).toBe(spanS);
      const groups = slowGroups(values, stepS);
      const rows = source.figures(stepS, spanS);
      expect(rows.map((row) => row.startS)).toEqual([...groups.keys()]);
      for (const row of rows) {
        const group = groups.get(row.startS) as Value[];
        const us = group.map(([, valueUs]) => valueUs);
        const mean = us.reduce((sum, value) => sum + value, 0) / us.length;
        const variance = us.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        expect(row.count).toBe(us.length);
        expect(row.errorCount).toBe(group.filter(([, , isError]) => isError).length);
        expect(row.minUs).toBe(Math.min(...us));
        expect(row.maxUs).toBe(Math.max(...us));
        expect(row.meanUs).toBeCloseTo(mean, 6);
        expect(row.stdevUs).toBeCloseTo(
          us.length < 2 ? 0 : Math.sqrt(variance / (us.length - 1)),
          3,
        );
        expect(row.ratePerSec).toBeCloseTo(us.length / Math.min(stepS, spanS - row.startS), 9);
        for (const [percent, key] of [
          [50, "p50Us"],
          [90, "p90Us"],
          [99, "p99Us"],
        ] as const) {
          const exact = slowPercentile(us, percent);
          expect(Math.abs(row[key] - exact)).toBeLessThanOrEqual(exact * 0.001 + 1);
        }
      }
    });

    test(`sums ${stepS} s exactly`, () => {
      const values = someValues(stepS + 100, 95);
      const sums = sourceOf(values).sums(stepS);
      for (const [startS, group] of slowGroups(values, stepS)) {
        const us = group.map(([, valueUs]) => valueUs);
        expect(sums.get(startS / stepS)).toEqual({
          count: us.length,
          sum: us.reduce((sum, value) => sum + value, 0),
          min: Math.min(...us),
          max: Math.max(...us),
        });
      }
    });
  }
});

describe("rowSource", () => {
  const row = (epochS: number, parts: Partial<ResultRow> = {}): ResultRow => ({
    id: 1,
    error: "",
    scriptrunS: 0.5,
    elapsedS: 1,
    epochS,
    timers: [],
    turretName: "t",
    ...parts,
  });

  test("takes the values of the rows, by whole seconds from the first", () => {
    const rows = [
      row(1000.7, { timers: [["a", 0.1]], error: "boom" }),
      row(1001, {
        timers: [
          ["a", 0.3],
          ["b", 9],
          ["", 7],
        ],
      }),
      row(999, { timers: [["a", 0.2]] }),
      row(Number.NaN, { timers: [["a", 5]] }),
      row(1001, { scriptrunS: Number.NaN, timers: [["a", Number.POSITIVE_INFINITY]] }),
    ];
    const results = sampleResults({
      seconds: 1,
      timers: [],
      facts: { firstEpochS: 1000 },
      more: { rows: () => rows },
    });
    const values = rowValues(results, new Set(["", "a"]));
    expect([...values.keys()]).toEqual(["", "a"]);
    expect(values.get("a")).toEqual({
      second: [0, 1, 0],
      valueS: [0.1, 0.3, 0.2],
      isError: [true, false, false],
    });
    const source = rowSource(values.get("a") as never);
    expect(source.spanS).toBe(2);
    const [first, second] = source.figures(1, 2);
    expect(first).toMatchObject({ startS: 0, count: 2, errorCount: 1, minUs: 1e5, maxUs: 2e5 });
    expect(first?.p50Us).toBeCloseTo(150_000, 6);
    expect(second).toMatchObject({ startS: 1, count: 1, errorCount: 0, ratePerSec: 1 });
    expect(source.sums(2).get(0)).toMatchObject({ count: 3, min: 1e5, max: 3e5 });
  });

  test("of no values has no span", () => {
    expect(rowSource({ second: [], valueS: [], isError: [] }).spanS).toBe(0);
  });
});

describe("chartsAndTable", () => {
  const choice = { intervalS: 10, measuredS: 95, pointsMax: 600, rowsMax: 120, heatColumns: 60 };

  test("is nothing where nothing was measured", () => {
    expect(chartsAndTable(sourceOf([]), choice)).toBeUndefined();
  });

  test("places each interval, with gaps in times and zeros in rates", () => {
    const values: Value[] = [
      [0, 1000, false],
      [0, 3000, true],
      [31, 500, false],
    ];
    const made = chartsAndTable(sourceOf(values), { ...choice, measuredS: 32 });
    expect(made?.charts.stepS).toBe(10);
    expect(made?.charts.mean).toEqual([2000, null, null, 500]);
    expect(made?.charts.ratePerSec).toEqual([0.2, 0, 0, 0.5]);
    expect(made?.charts.errorsPerSec).toEqual([0.1, 0, 0, 0]);
    expect(made?.charts.fine.stepS).toBe(1);
    expect(made?.charts.fine.max).toEqual([3000, ...new Array(30).fill(null), 500]);
    expect(made?.table.rows.map((row) => row.startS)).toEqual([0, 30]);
    const short = chartsAndTable(sourceOf([...values, [40, 1, true]]), {
      ...choice,
      measuredS: 40.1,
    });
    expect(short?.charts.ratePerSec).toEqual([0.2, 0, 0, 0.1, null]);
    expect(short?.charts.errorsPerSec).toEqual([0.1, 0, 0, 0, null]);
    expect(short?.charts.mean).toEqual([2000, null, null, 500, 1]);
  });

  test("all columns of a chart have one length, within their limit, and lose no spike", () => {
    const values = someValues(9, 3000);
    values.push([1234, 99_000_000, false]);
    values.sort(([a], [b]) => a - b);
    const made = chartsAndTable(sourceOf(values), {
      intervalS: 1,
      measuredS: 3000,
      pointsMax: 60,
      rowsMax: 40,
      heatColumns: 60,
    });
    if (made === undefined) throw new Error("there are values");
    const { stepS: _, fine, ...columns } = made.charts;
    const lengths = new Set(Object.values(columns).map((column) => column.length));
    expect(lengths.size).toBe(1);
    expect([...lengths][0]).toBeLessThanOrEqual(60);
    expect(fine.max.length).toBeLessThanOrEqual(60);
    expect(Math.max(...fine.max.map((value) => value ?? 0))).toBe(99_000_000);
    expect(made.table.rows.length).toBeLessThanOrEqual(40);
    const counted = made.table.rows.reduce((sum, row) => sum + row.count, 0);
    expect(counted).toBe(values.length);
  });

  test("steps are whole intervals of what was asked for and of what is known", () => {
    const made = chartsAndTable(
      { ...sourceOf(someValues(2, 95)), baseS: 4 },
      { ...choice, intervalS: 10 },
    );
    expect(made?.charts.stepS).toBe(12);
    expect(made?.charts.fine.stepS).toBe(4);
  });
});

describe("pointsEach", () => {
  test("shares the points so that all charts together keep their limit", () => {
    expect([0, 1, 9, 25].map(pointsEach)).toEqual([600, 600, 600, 216]);
    expect(pointsEach(10_000)).toBe(60);
  });
});
