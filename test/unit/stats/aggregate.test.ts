import { describe, expect, test } from "bun:test";
import { Aggregate, RECENT_SECONDS } from "../../../src/stats/aggregate.ts";
import { BatchBuilder, decodeBatch } from "../../../src/stats/batch.ts";
import type { Batch } from "../../../src/stats/batch-format.ts";
import { CELL_KIND, COUNTER, OTHER_NAME } from "../../../src/stats/cell.ts";

type Sample = readonly [name: string, second: number, valueUs: number, isError?: boolean];

function batchOf(samples: readonly Sample[]): Batch {
  const builder = new BatchBuilder({ turretName: "t", namesMax: 10_000 });
  for (const [name, second, valueUs, isError] of samples) {
    builder.record(builder.slot(CELL_KIND.timer, name), second, valueUs, isError ?? false);
    if (name === "") builder.countTransaction();
  }
  return decodeBatch(builder.take()?.bytes ?? new Uint8Array());
}

describe("Aggregate", () => {
  test("adds batches of all turrets to totals, in the order of names", () => {
    const aggregate = new Aggregate();
    const first: readonly Sample[] = [
      ["", 0, 1_000],
      ["", 1, 3_000, true],
      ["b", 1, 50],
    ];
    aggregate.add(batchOf(first), 0);
    aggregate.add(
      batchOf([
        ["", 1, 2_000],
        ["a", 2, 70],
      ]),
      5,
    );
    expect(aggregate.transactions).toBe(3);
    expect(aggregate.errorCount).toBe(1);
    expect(aggregate.lastSecond).toBe(2);
    expect([0, 5, 9].map((index) => aggregate.transactionsOf(index))).toEqual([2, 1, 0]);
    expect(aggregate.names(CELL_KIND.timer)).toEqual(["", "b", "a"]);
    expect(aggregate.totals(CELL_KIND.timer).map((total) => total.count)).toEqual([3, 1, 1]);
    const total = aggregate.total(CELL_KIND.timer, "");
    expect(total).toMatchObject({ count: 3, errorCount: 1, sum: 6_000, min: 1_000, max: 3_000 });
    expect(total?.histogram?.percentile(50)).toBe(2_000);
    expect(aggregate.total(CELL_KIND.timer, "none")).toBeUndefined();
    expect(aggregate.total(CELL_KIND.response, "")).toBeUndefined();
  });

  test("says what happened in the last seconds", () => {
    const aggregate = new Aggregate();
    for (let second = 0; second < 40; second++) aggregate.add(batchOf([["", second, second]]), 0);
    const count = (second: number, spanS?: number) => {
      return aggregate.recent(CELL_KIND.timer, "", second, spanS)?.count;
    };
    const cases: readonly (readonly [number, number, number])[] = [
      [39, 5, 5],
      [39, 1, 1],
      [45, 5, 0],
      [41, 5, 3],
      [39, 1_000, RECENT_SECONDS],
      [39 - RECENT_SECONDS, 5, 0],
    ];
    for (const [second, spanS, wanted] of cases) {
      expect([second, spanS, count(second, spanS)]).toEqual([second, spanS, wanted]);
    }
    expect(count(39)).toBe(5);
    const recent = aggregate.recent(CELL_KIND.timer, "", 39, 3);
    expect([recent?.min, recent?.max, recent?.histogram?.percentile(50)]).toEqual([37, 39, 38]);
    aggregate.add(batchOf([["", 2, 1]]), 0);
    expect(count(39, 1_000)).toBe(RECENT_SECONDS);
    aggregate.close();
    expect(count(39)).toBe(0);
    expect(aggregate.total(CELL_KIND.timer, "")?.count).toBe(41);
  });

  test("keeps the seconds of a name", () => {
    const aggregate = new Aggregate();
    const samples: readonly Sample[] = [
      ["", 1, 10],
      ["", 1, 30, true],
      ["", 3, 20],
      ["", 1_300, 5],
    ];
    aggregate.add(batchOf(samples), 0);
    const range = { firstSecond: 0, lastSecond: 4 };
    const series = aggregate.series(CELL_KIND.timer, "", range);
    expect([...(series?.count ?? [])]).toEqual([0, 2, 0, 1, 0]);
    expect([...(series?.errorCount ?? [])]).toEqual([0, 1, 0, 0, 0]);
    expect([...(series?.sum ?? [])]).toEqual([0, 40, 0, 20, 0]);
    expect([...(series?.max ?? [])]).toEqual([0, 30, 0, 20, 0]);
    const late = aggregate.series(CELL_KIND.timer, "", { firstSecond: 598, lastSecond: 1_301 });
    expect([late?.count.length, late?.count[1_300 - 598], late?.count[0]]).toEqual([704, 1, 0]);
    expect(aggregate.series(CELL_KIND.timer, "none", range)).toBeUndefined();
  });

  test("bounds names, series and seconds, and counts what went past", () => {
    const aggregate = new Aggregate({ namesMax: 3, errorTextsMax: 1, seriesMax: 2, secondMax: 9 });
    const names = ["a", "b", "c", "d", "e", "a"];
    aggregate.add(batchOf(names.map((name) => [name, 0, 5])), 0);
    aggregate.add(batchOf([["", 50, 5]]), 0);
    expect(aggregate.names(CELL_KIND.timer)).toEqual(["a", "b", "c", OTHER_NAME, ""]);
    expect(aggregate.total(CELL_KIND.timer, OTHER_NAME)?.count).toBe(2);
    expect(aggregate.overflowCount).toBe(2);
    expect([aggregate.lateCells, aggregate.lastSecond]).toEqual([1, 9]);
    const range = { firstSecond: 0, lastSecond: 9 };
    const hasSeries = (name: string) => {
      return aggregate.series(CELL_KIND.timer, name, range) !== undefined;
    };
    expect(["a", "b", "c", ""].map(hasSeries)).toEqual([true, true, false, true]);
    expect(aggregate.recent(CELL_KIND.timer, "c", 0)).toBeUndefined();
  });

  test("keeps oct's own counters past the limit of names", () => {
    const aggregate = new Aggregate({ namesMax: 1 });
    const builder = new BatchBuilder({ turretName: "t" });
    for (const name of ["mine", "yours", COUNTER.started]) {
      builder.add(builder.slot(CELL_KIND.counter, name), 0, 1, 0, 1);
    }
    aggregate.add(decodeBatch(builder.take()?.bytes ?? new Uint8Array()), 0);
    expect(aggregate.total(CELL_KIND.counter, COUNTER.started)?.sum).toBe(1);
    expect(aggregate.total(CELL_KIND.counter, OTHER_NAME)?.sum).toBe(1);
  });
});
