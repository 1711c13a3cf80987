import { describe, expect, test } from "bun:test";
import { CELL_KIND, type Cell, OTHER_NAME } from "../../../src/stats/cell.ts";
import { Histogram } from "../../../src/stats/histogram.ts";
import { CELL_STORE_LIMIT, CellStore } from "../../../src/store/cell-store.ts";

function timerCell(second: number, name: string, valueUs: number): Cell {
  const histogram = new Histogram();
  histogram.record(valueUs);
  return {
    second,
    kind: CELL_KIND.timer,
    name,
    count: 1,
    errorCount: 0,
    sum: valueUs,
    sumSquares: valueUs ** 2,
    min: valueUs,
    max: valueUs,
    histogram: histogram.payload(),
  };
}

function counterCell(second: number, sum: number): Cell {
  const nothing = { errorCount: 0, sumSquares: 0, min: 0, max: 0, histogram: undefined };
  return { second, kind: CELL_KIND.counter, name: "bytes", count: 1, sum, ...nothing };
}

function intervalsOf(store: CellStore, name: string, kind: Cell["kind"] = CELL_KIND.timer) {
  const entry = store.find(kind, name);
  return entry === undefined ? [] : [...store.takeIntervals(entry)];
}

describe("CellStore", () => {
  test("merges cells of the same second, in the order of seconds", () => {
    const store = new CellStore();
    store.add([timerCell(7, "a", 30), timerCell(2, "a", 10), timerCell(7, "a", 20)], 1);
    const intervals = intervalsOf(store, "a");
    expect(
      intervals.map(({ second, count, sum, min, max }) => [second, count, sum, min, max]),
    ).toEqual([
      [2, 1, 10, 10, 10],
      [7, 2, 50, 20, 30],
    ]);
    expect(Histogram.fromPayload(intervals[1]?.histogram as Uint8Array).count).toBe(2);
  });

  test("copies histograms, whose bytes are used again", () => {
    const store = new CellStore();
    const cell = timerCell(0, "a", 50);
    store.add([cell], 1);
    cell.histogram?.fill(255);
    expect(Histogram.fromPayload(intervalsOf(store, "a")[0]?.histogram as Uint8Array).maxUs).toBe(
      50,
    );
  });

  test("keeps every value when an interval has more cells than are collected at a time", () => {
    const store = new CellStore();
    const cells = CELL_STORE_LIMIT.payloads * 3 + 1;
    for (let i = 1; i <= cells; i++) store.add([timerCell(0, "a", i)], 1);
    const histogram = Histogram.fromPayload(intervalsOf(store, "a")[0]?.histogram as Uint8Array);
    expect([histogram.count, histogram.minUs, histogram.maxUs]).toEqual([cells, 1, cells]);
  });

  test("adds up kinds that only add up", () => {
    const store = new CellStore();
    store.add([counterCell(0, 5), counterCell(0, 7)], 1);
    const [interval] = intervalsOf(store, "bytes", CELL_KIND.counter);
    expect([interval?.count, interval?.sum, interval?.histogram]).toEqual([2, 12, undefined]);
  });

  const bases = [
    [0.5, 20, 10, 5],
    [1, 12, 10, 2],
    [0.02, 11, 10, 60],
    [0.000_001, 40, 4, 3_600],
  ] as const;
  test.each(bases)(
    "makes intervals longer with %p of the journal read and %p seconds for %p places: %p s",
    (doneShare, seconds, intervalsMax, baseIntervalS) => {
      const store = new CellStore({ intervalsMax });
      for (let second = 0; second < seconds; second++) {
        store.add([timerCell(second, "a", second + 1)], doneShare);
      }
      expect(store.baseIntervalS).toBe(baseIntervalS);
      const intervals = intervalsOf(store, "a");
      const count = intervals.reduce((sum, interval) => sum + interval.count, 0);
      expect(count).toBe(seconds);
      expect(intervals.every(({ second }) => second % baseIntervalS === 0)).toBe(true);
      expect(intervals.length).toBe(Math.ceil(seconds / baseIntervalS));
    },
  );

  test("counts names past the limit under one name, and never its own", () => {
    const store = new CellStore({ namesMax: 2 });
    for (const name of ["a", "b", "c", "d", ""]) store.add([timerCell(0, name, 1)], 1);
    expect(store.names.map(({ name }) => name)).toEqual(["a", "b", OTHER_NAME, ""]);
    expect(intervalsOf(store, OTHER_NAME)[0]?.count).toBe(2);
  });

  test("keeps the totals of each turret apart", () => {
    const store = new CellStore();
    store.addTurret(3, [timerCell(0, "a", 10), timerCell(9, "a", 30)]);
    store.addTurret(1, [timerCell(0, "a", 5)]);
    const total = [...store.turretTotals(3).values()][0];
    expect([total?.count, total?.sum, total?.min, total?.max]).toEqual([2, 40, 10, 30]);
    expect(store.turretTotals(7).size).toBe(0);
  });
});
