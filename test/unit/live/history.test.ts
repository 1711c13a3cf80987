// The bounded history of a run: true rates and percentiles at any length.

import { describe, expect, test } from "bun:test";
import { Random } from "../../../src/base/random.ts";
import { History } from "../../../src/live/history.ts";
import { LIVE_LIMIT } from "../../../src/live/types.ts";
import { BatchBuilder, decodeBatch } from "../../../src/stats/batch.ts";
import { CELL_KIND, GAUGE } from "../../../src/stats/cell.ts";
import { Histogram } from "../../../src/stats/histogram.ts";

const NOBODY = { plannedPerSec: null, untoldCannons: 0 };

class Source {
  readonly builder = new BatchBuilder({ turretName: "t" });
  readonly timer = this.builder.slot(CELL_KIND.timer, "");
  readonly response = this.builder.slot(CELL_KIND.response, "");
  readonly cannons = this.builder.slot(CELL_KIND.gauge, GAUGE.cannons);

  fire(second: number, valuesUs: readonly number[], isError = false): void {
    for (const value of valuesUs) {
      this.builder.countTransaction();
      this.builder.record(this.timer, second, value, isError);
    }
  }

  batch() {
    return decodeBatch(this.builder.take()?.bytes ?? new Uint8Array(0));
  }
}

function all(history: History, endS: number, clock: "service" | "response" = "service") {
  return history.columns({ endS, clock, turrets: [{ index: 0, name: "t" }] });
}

describe("History", () => {
  test("each second has its rate, errors, percentiles and cannons; an empty one has a rate of 0", () => {
    const history = new History();
    const source = new Source();
    source.fire(0, [1_000, 2_000, 3_000]);
    source.fire(2, [5_000], true);
    source.builder.record(source.cannons, 0, 7, false);
    source.builder.record(source.cannons, 0, 5, false);
    history.add(source.batch(), 0, 10);
    for (const second of [0, 1, 2]) history.tell(second, { plannedPerSec: 4, untoldCannons: 0 });
    expect(all(history, 3)).toEqual({
      stepS: 1,
      from: 0,
      plannedPerSec: [4, 4, 4],
      ratePerSec: [3, 0, 1],
      errorsPerSec: [0, 0, 1],
      p50: [2_000, null, 5_000],
      p95: [3_000, null, 5_000],
      p99: [3_000, null, 5_000],
      cannons: [12, null, null],
      turretsPerSec: [{ index: 0, name: "t", ratePerSec: [3, 0, 1] }],
    });
  });

  test("a second that comes late is counted where it belongs, and told as changed", () => {
    const history = new History();
    const source = new Source();
    for (let second = 0; second < 60; second++) {
      source.fire(second, [1_000]);
      history.add(source.batch(), 0, 100);
      history.tell(second, NOBODY);
    }
    history.takeChanged();
    expect(history.takeChanged()).toBe(Number.POSITIVE_INFINITY);
    source.fire(3, [9_000, 9_000, 9_000]);
    history.add(source.batch(), 1, 100);
    expect(history.takeChanged()).toBe(3);
    const columns = all(history, 60);
    expect(columns.ratePerSec[3]).toBe(4);
    expect(columns.p50[3]).toBe(9_000);
    expect(columns.turretsPerSec[0]?.ratePerSec[3]).toBe(1);
  });

  test("seconds past what the clock says are counted now, however large they are", () => {
    const history = new History();
    const source = new Source();
    source.fire(2_000_000, [1_000]);
    history.add(source.batch(), 0, 5);
    expect(history.stepS).toBe(1);
    expect(all(history, 6).ratePerSec).toEqual([0, 0, 0, 0, 0, 1]);
  });

  test("hours stay bounded, and a longer point is as true as its seconds", () => {
    const history = new History();
    const source = new Source();
    const random = new Random(7);
    const seconds = 3 * 3_600;
    const values: number[][] = [];
    for (let second = 0; second < seconds; second++) {
      const fired = Array.from({ length: 1 + (second % 5) }, () =>
        Math.round(random.exponential(20_000)),
      );
      values.push(fired);
      source.fire(second, fired, second % 100 === 0);
      source.builder.record(source.cannons, second, 10, false);
      history.add(source.batch(), 0, second + 1);
      history.tell(second, { plannedPerSec: second % 2, untoldCannons: 0 });
    }
    const columns = all(history, seconds);
    expect(columns.stepS).toBe(16);
    expect(columns.ratePerSec).toHaveLength(seconds / 16);
    expect(columns.ratePerSec.length).toBeLessThanOrEqual(LIVE_LIMIT.points);
    for (const i of [0, 1, 300, seconds / 16 - 1]) {
      const merged = values.slice(16 * i, 16 * i + 16).flat();
      const histogram = new Histogram();
      for (const value of merged) histogram.record(value);
      const within = (value: number) =>
        Math.max(Math.min(...merged), Math.min(Math.max(...merged), value));
      expect(columns.ratePerSec[i]).toBe(merged.length / 16);
      expect(columns.p50[i]).toBe(within(histogram.percentile(50)));
      expect(columns.p99[i]).toBe(within(histogram.percentile(99)));
      expect(columns.cannons[i]).toBe(10);
      expect(columns.plannedPerSec[i]).toBe(0.5);
    }
    const counted = columns.ratePerSec.reduce<number>((sum, rate) => sum + (rate ?? 0) * 16, 0);
    expect(counted).toBe(values.flat().length);
  });

  test("only the points asked for are given", () => {
    const history = new History();
    const source = new Source();
    for (let second = 0; second < 30; second++) source.fire(second, [1_000]);
    history.add(source.batch(), 0, 100);
    const { from, ratePerSec } = history.columns({
      endS: 30,
      clock: "service",
      turrets: [],
      from: 27,
    });
    expect({ from, ratePerSec }).toEqual({ from: 27, ratePerSec: [1, 1, 1] });
  });

  test("both clocks are kept; the one of the headline is shown", () => {
    const history = new History();
    const source = new Source();
    source.fire(0, [1_000]);
    source.builder.record(source.response, 0, 8_000, false);
    history.add(source.batch(), 0, 5);
    expect(all(history, 1).p50).toEqual([1_000]);
    expect(all(history, 1, "response").p50).toEqual([8_000]);
  });
});
