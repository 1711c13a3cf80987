// The statistics side of the data path against the obvious slow version: samples -> several builders
// -> bytes -> batches merged in any order -> aggregate, and arrays that are sorted.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Aggregate } from "../../src/stats/aggregate.ts";
import { BatchBuilder, decodeBatch, mergeBatches } from "../../src/stats/batch.ts";
import type { Batch } from "../../src/stats/batch-format.ts";
import { CELL_KIND, type CellKind } from "../../src/stats/cell.ts";
import { intervalTallies } from "../../src/stats/series.ts";
import { SUMMARY_PERCENTS, summarise } from "../../src/stats/summary.ts";

interface Sample {
  readonly builder: number;
  readonly kind: CellKind;
  readonly name: string;
  readonly second: number;
  readonly valueUs: number;
  readonly isError: boolean;
  /** The builder hands over its batch after this sample. */
  readonly isLast: boolean;
}

const valueUs = fc
  .tuple(fc.integer({ min: 0, max: 31 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([bits, part]) => Math.min(3_600_000_000, Math.floor(2 ** bits * (1 + part)) - 1));

const sample: fc.Arbitrary<Sample> = fc.record({
  builder: fc.nat(3),
  kind: fc.constantFrom(CELL_KIND.timer, CELL_KIND.response),
  name: fc.constantFrom("", "login", "päy", "x\u0000y", "(other)"),
  second: fc.nat(30),
  valueUs,
  isError: fc.boolean(),
  isLast: fc.nat(20).map((n) => n === 0),
});
const samples = fc.array(sample, { minLength: 1, maxLength: 250, size: "max" });

function batchesOf(list: readonly Sample[]): Batch[] {
  const builders = Array.from({ length: 4 }, (_, i) => new BatchBuilder({ turretName: `t${i}` }));
  const batches: Batch[] = [];
  const take = (builder: BatchBuilder) => {
    const taken = builder.take();
    if (taken === undefined) return;
    const batch = decodeBatch(taken.bytes);
    expect(batch.transactions).toBe(taken.transactions);
    batches.push(batch);
  };
  for (const item of list) {
    const builder = builders[item.builder] as BatchBuilder;
    builder.record(builder.slot(item.kind, item.name), item.second, item.valueUs, item.isError);
    builder.countTransaction();
    if (item.isLast) take(builder);
  }
  for (const builder of builders) take(builder);
  return batches;
}

function expectEqualsOracle(aggregate: Aggregate, list: readonly Sample[]): void {
  expect(aggregate.transactions).toBe(list.length);
  const groups = Map.groupBy(list, (item) => `${item.kind} ${item.name}`);
  for (const group of groups.values()) {
    const { kind, name } = group[0] as Sample;
    const total = aggregate.total(kind, name);
    if (total === undefined) throw new Error(`nothing was counted of ${name}`);
    const sorted = group.map((item) => item.valueUs).sort((a, b) => a - b);
    const sum = sorted.reduce((a, b) => a + b, 0);
    expect(total.count).toBe(group.length);
    expect(total.errorCount).toBe(group.filter((item) => item.isError).length);
    expect([total.sum, total.min, total.max]).toEqual([sum, sorted[0], sorted.at(-1)] as number[]);
    const summary = summarise(total);
    expect(summary.meanUs).toBe(sum / sorted.length);
    const deviations = sorted.reduce((all, v) => all + (v - summary.meanUs) ** 2, 0);
    const stdev = sorted.length < 2 ? 0 : Math.sqrt(deviations / (sorted.length - 1));
    expect(Math.abs(summary.stdevUs - stdev)).toBeLessThanOrEqual(1e-6 * summary.maxUs + 1e-6);
    const percentiles = total.histogram?.percentiles(SUMMARY_PERCENTS) ?? [];
    SUMMARY_PERCENTS.forEach((percent, i) => {
      const exact = sorted[Math.ceil((percent / 100) * sorted.length - 1e-9) - 1] as number;
      expect(Math.abs((percentiles[i] as number) - exact)).toBeLessThanOrEqual(exact / 1_000);
    });
    const range = { firstSecond: 0, lastSecond: 30 };
    const series = aggregate.series(kind, name, range);
    for (let second = 0; second <= 30; second++) {
      const inSecond = group.filter((item) => item.second === second).length;
      expect(series?.count[second]).toBe(inSecond);
    }
  }
}

describe("samples to aggregate", () => {
  test("equal a slow oracle, through any batches in any order", () => {
    fc.assert(
      fc.property(samples, fc.infiniteStream(fc.nat(1_000)), (list, picks) => {
        const batches = batchesOf(list);
        const direct = new Aggregate();
        for (const batch of batches) direct.add(batch, 0);
        expectEqualsOracle(direct, list);

        const pile = [...batches];
        const merged = new Aggregate();
        while (pile.length > 0) {
          const size = 1 + ((picks.next().value as number) % pile.length);
          const some = Array.from({ length: size }, () => {
            const at = (picks.next().value as number) % pile.length;
            return pile.splice(at, 1)[0] as Batch;
          });
          merged.add(decodeBatch(mergeBatches(some)), 1);
        }
        expectEqualsOracle(merged, list);
      }),
      { numRuns: 60 },
    );
  });

  test("merge to the same batch whatever the order and the grouping", () => {
    const cellsOf = (batches: readonly Batch[]) => {
      const { cells, transactions } = decodeBatch(mergeBatches(batches));
      const plain = cells.map((cell) => ({ ...cell, histogram: [...(cell.histogram ?? [])] }));
      const key = (cell: (typeof plain)[number]) => `${cell.second} ${cell.kind} ${cell.name}`;
      return { transactions, cells: plain.sort((a, b) => (key(a) < key(b) ? -1 : 1)) };
    };
    // Squares of an hour in microseconds pass 2^53, whose sums depend on the order in the last digit.
    const small = samples.map((list) =>
      list.map((item) => ({ ...item, valueUs: item.valueUs % 1_000_000 })),
    );
    fc.assert(
      fc.property(small, (list) => {
        const batches = batchesOf(list);
        const whole = cellsOf(batches);
        expect(cellsOf([...batches].reverse())).toEqual(whole);
        const half = Math.ceil(batches.length / 2);
        const left = decodeBatch(mergeBatches(batches.slice(0, half)));
        const right = decodeBatch(mergeBatches(batches.slice(half)));
        expect(cellsOf([right, left])).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  test("grouped to intervals count every sample once", () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 12 }), (list, intervalS) => {
        const cells = batchesOf(list)
          .flatMap((batch) => batch.cells.filter((cell) => cell.kind === CELL_KIND.timer))
          .sort((a, b) => a.second - b.second);
        const timers = list.filter((item) => item.kind === CELL_KIND.timer);
        const found = Array.from(
          intervalTallies(CELL_KIND.timer, cells, intervalS),
          ({ startS, tally }) => [startS, tally.count, tally.max],
        );
        const groups = Map.groupBy(timers, (item) => item.second - (item.second % intervalS));
        const wanted = [...groups].map(([startS, group]) => {
          return [startS, group.length, Math.max(...group.map((item) => item.valueUs))];
        });
        expect(found).toEqual(wanted.sort((a, b) => (a[0] as number) - (b[0] as number)));
      }),
      { numRuns: 40 },
    );
  });

  test("leave rows as they were", () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    const rowArbitrary = fc.record({
      elapsedS: finite,
      epochS: finite,
      scriptrunS: finite,
      responseS: fc.oneof(finite, fc.constant(Number.NaN)),
      error: fc.constantFrom("", "boom", "ö"),
      turretName: fc.constantFrom("a", "b"),
      timers: fc
        .array(fc.tuple(fc.constantFrom("x", "y", ""), finite), { maxLength: 4 })
        .map((pairs) => pairs.flat()),
    });
    fc.assert(
      fc.property(fc.array(rowArbitrary, { minLength: 1, maxLength: 40 }), (list) => {
        const builder = new BatchBuilder({ turretName: "a" });
        for (const row of list) builder.row(row);
        const taken = builder.take()?.bytes ?? new Uint8Array();
        const batch = decodeBatch(mergeBatches([decodeBatch(taken)]));
        const { rows, texts } = batch;
        const back = list.map((_, i) => ({
          elapsedS: rows.elapsedS[i],
          epochS: rows.epochS[i],
          scriptrunS: rows.scriptrunS[i],
          responseS: rows.responseS[i],
          error: texts[rows.errorText[i] as number],
          turretName: texts[rows.turretText[i] as number],
          timers: [...rows.timerText.keys()]
            .filter((t) => t < (rows.timerEnd[i] as number) && t >= (rows.timerEnd[i - 1] ?? 0))
            .flatMap((t) => [texts[rows.timerText[t] as number], rows.timerS[t]]),
        }));
        expect(rows.count).toBe(list.length);
        expect(back).toEqual(list as unknown as typeof back);
      }),
      { numRuns: 60 },
    );
  });
});
