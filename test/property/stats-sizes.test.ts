// The sizes of a long run, worked out from cells as they are really encoded: 100 turrets x 50 timers x
// 12 hours. Latencies are log-normal with a deviation of 0.6 (p99 about four times the median), each
// timer with a median of its own from 5 to 250 ms.
//
//   cell     = 7 to 10 bytes for one sample, else 18 to 32 bytes + count list; the list is at most 3
//              bytes a sample, and at most about 2 bytes for each bucket that the latencies reach
//   text     = 1 byte + the name, once a batch
//   journal  = turrets x timers x seconds x cell(samples a second of one timer on one turret)
//   merged   = timers x seconds x cell(samples a second of one timer on all turrets)
//   charted  = timers x 600 x cell(samples of 72 seconds on all turrets)

import { describe, expect, test } from "bun:test";
import { Random } from "../../src/base/random.ts";
import { Aggregate } from "../../src/stats/aggregate.ts";
import { BatchBuilder, decodeBatch } from "../../src/stats/batch.ts";
import { CELL_KIND } from "../../src/stats/cell.ts";
import { chartIntervalS } from "../../src/stats/series.ts";

const TURRETS = 100;
const TIMERS = 50;
const SECONDS = 12 * 3_600;
const CHART_POINTS = 600;
const MB = 1e6;
const GB = 1e9;

function batchOf(timers: number, samplesPerCell: number): Uint8Array {
  const random = new Random(samplesPerCell);
  const builder = new BatchBuilder({ turretName: "turret" });
  for (let timer = 0; timer < timers; timer++) {
    const slot = builder.slot(CELL_KIND.timer, `timer ${timer}`);
    const median = Math.log(5_000 * (1 + (timer * TIMERS) / timers));
    for (let i = 0; i < samplesPerCell; i++) {
      builder.record(slot, 1_234, Math.exp(random.normal(median, 0.6)), false);
    }
  }
  return builder.take()?.bytes ?? new Uint8Array();
}

/** Mean bytes of a cell with so many samples, its part of the texts included. */
function cellBytes(samples: number): number {
  const timers = samples > 1_000 ? 5 : TIMERS;
  return batchOf(timers, samples).length / timers;
}

describe("sizes of 100 turrets x 50 timers x 12 hours", () => {
  test("a cell is its fixed part and about 3 bytes a sample", () => {
    const bounds: readonly (readonly [samples: number, low: number, high: number])[] = [
      [1, 13, 20],
      [10, 52, 68],
      [100, 215, 270],
      [1_000, 1_300, 1_750],
      [10_000, 3_500, 4_700],
    ];
    for (const [samples, low, high] of bounds) {
      const bytes = cellBytes(samples);
      expect(bytes).toBeGreaterThan(low);
      expect(bytes).toBeLessThan(high);
      expect(bytes).toBeLessThan(50 + 3 * samples);
    }
  });

  test("the journal of every turret's cells grows with seconds and names, not with requests", () => {
    const cells = TURRETS * TIMERS * SECONDS;
    expect(cells).toBe(216_000_000);
    const journal = (perSecond: number) => cells * cellBytes(perSecond);
    expect(journal(1)).toBeLessThan(4 * GB);
    expect(journal(10)).toBeLessThan(14 * GB);
    // A thousand times the requests of `journal(10)` are less than 80 times its bytes.
    expect(journal(10_000) / journal(10)).toBeLessThan(80);
  });

  test("merged over turrets it is a tenth or less, over chart intervals it fits in memory", () => {
    const merged = TIMERS * SECONDS * cellBytes(10 * TURRETS);
    expect(merged).toBeLessThan(4 * GB);
    const intervalS = chartIntervalS({
      durationS: SECONDS,
      intervalS: 1,
      pointsMax: CHART_POINTS,
    });
    expect(intervalS).toBe(72);
    const charted = TIMERS * (SECONDS / intervalS) * cellBytes(10 * TURRETS * intervalS);
    expect(charted).toBeLessThan(200 * MB);
  });

  test("the live view holds totals, seconds and a few histograms", () => {
    const aggregate = new Aggregate();
    aggregate.add(decodeBatch(batchOf(TIMERS, 100)), 0);
    const total = aggregate.total(CELL_KIND.timer, "timer 49");
    expect(total?.count).toBe(100);
    // Four doubles a second for each timer with a series, a dense histogram of at most 94 kB for each
    // total and each recent second.
    const seriesBytes = TIMERS * SECONDS * 4 * 8;
    const histogramBytes = TIMERS * (1 + 16) * 23 * 1_024 * 4;
    expect(seriesBytes + histogramBytes).toBeLessThan(150 * MB);
  });

  test("rows are 27 bytes and 9 for each of their timers", () => {
    const sizeOf = (rows: number, timers: number) => {
      const builder = new BatchBuilder({ turretName: "t" });
      const pairs = Array.from({ length: timers }, (_, i) => [`timer ${i}`, 0.25]).flat();
      const row = { elapsedS: 1, epochS: 1e9, scriptrunS: 1, responseS: Number.NaN, error: "" };
      for (let i = 0; i < rows; i++) builder.row({ ...row, timers: pairs });
      return builder.take()?.bytes.length ?? 0;
    };
    for (const timers of [0, 1, 5, 50]) {
      const perRow = (sizeOf(2_000, timers) - sizeOf(1_000, timers)) / 1_000;
      expect(perRow).toBe(27 + 9 * timers);
    }
    expect(2_000_000 * (27 + 9 * 5)).toBeLessThan(150 * MB);
  });
});
