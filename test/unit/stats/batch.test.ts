import { describe, expect, test } from "bun:test";
import { MalformedBytes } from "../../../src/base/bytes.ts";
import { BatchBuilder, decodeBatch, mergeBatches } from "../../../src/stats/batch.ts";
import { BATCH_LIMIT, type Batch } from "../../../src/stats/batch-format.ts";
import {
  CELL_KIND,
  type Cell,
  type CellKind,
  COUNTER,
  OTHER_NAME,
  STATS_LIMIT,
} from "../../../src/stats/cell.ts";
import { Histogram } from "../../../src/stats/histogram.ts";

const NO_TIMERS: readonly (string | number)[] = [];

function taken(builder: BatchBuilder): Batch {
  const batch = builder.take();
  expect(batch).toBeDefined();
  return decodeBatch((batch as { bytes: Uint8Array }).bytes);
}

function cellOf(batch: Batch, kind: CellKind, name: string, second = 0): Cell | undefined {
  return batch.cells.find((c) => c.kind === kind && c.name === name && c.second === second);
}

function row(error: string, timers = NO_TIMERS) {
  return { elapsedS: 1.5, epochS: 1.7e9, scriptrunS: 0.25, responseS: Number.NaN, error, timers };
}

describe("BatchBuilder", () => {
  test("counts by kind, name and second, exactly", () => {
    const builder = new BatchBuilder({ turretName: "t" });
    const login = builder.slot(CELL_KIND.timer, "login");
    expect(builder.slot(CELL_KIND.timer, "login")).toBe(login);
    expect(builder.slot(CELL_KIND.phase, "login")).not.toBe(login);
    for (const [second, value, isError] of [
      [3, 1_000, false],
      [3, 3_000.4, true],
      [4, 7, false],
    ] as const) {
      builder.record(login, second, value, isError);
    }
    const cell = cellOf(taken(builder), CELL_KIND.timer, "login", 3);
    const histogram = Histogram.fromPayload(cell?.histogram ?? new Uint8Array());
    expect(histogram.count).toBe(2);
    expect({ ...cell, histogram: undefined }).toEqual({
      second: 3,
      kind: CELL_KIND.timer,
      name: "login",
      count: 2,
      errorCount: 1,
      sum: 4_000,
      sumSquares: 10_000_000,
      min: 1_000,
      max: 3_000,
      histogram: undefined,
    });
  });

  test("keeps gauges as they are, and only adds up what only adds up", () => {
    const builder = new BatchBuilder({ turretName: "t" });
    const gauge = builder.slot(CELL_KIND.gauge, "load");
    builder.record(gauge, 0, -2.5, false);
    builder.record(gauge, 0, 0.25, false);
    builder.record(gauge, 0, Number.NaN, false);
    builder.add(builder.slot(CELL_KIND.counter, "items"), 0, 2, 0, 10.5);
    builder.add(builder.slot(CELL_KIND.counter, "items"), 0, 1, 0, Number.POSITIVE_INFINITY);
    builder.add(builder.slot(CELL_KIND.check, "is 200"), 0, 5, 2, 0);
    const batch = taken(builder);
    expect(cellOf(batch, CELL_KIND.gauge, "load")).toMatchObject({
      min: -2.5,
      max: 0.25,
      count: 3,
    });
    expect(cellOf(batch, CELL_KIND.counter, "items")).toMatchObject({
      count: 3,
      sum: 10.5,
      max: 0,
    });
    expect(cellOf(batch, CELL_KIND.check, "is 200")).toMatchObject({ count: 5, errorCount: 2 });
  });

  test("makes one cell of a second that is left and entered again", () => {
    const builder = new BatchBuilder({ turretName: "t" });
    const slot = builder.slot(CELL_KIND.timer, "");
    const seconds = [1, 2, 1, 9, 1, 5, 13, 1, 2, 9];
    for (const second of seconds) builder.record(slot, second, 100 * second, false);
    const counts = taken(builder).cells.map((cell) => [cell.second, cell.count, cell.sum]);
    expect(counts).toEqual([
      [1, 4, 400],
      [2, 2, 400],
      [5, 1, 500],
      [9, 2, 1_800],
      [13, 1, 1_300],
    ]);
  });

  test("brings any second and any value into range", () => {
    const builder = new BatchBuilder({ turretName: "t" });
    const slot = builder.slot(CELL_KIND.timer, "");
    for (const second of [-5, 0.9, Number.NaN]) builder.record(slot, second, -3, false);
    builder.record(slot, 1e15, Number.NaN, false);
    builder.record(slot, 1e15, Number.POSITIVE_INFINITY, false);
    const batch = taken(builder);
    expect(cellOf(batch, CELL_KIND.timer, "", 0)).toMatchObject({ count: 3, sum: 0, max: 0 });
    expect(cellOf(batch, CELL_KIND.timer, "", BATCH_LIMIT.second)).toMatchObject({ count: 2 });
  });

  test("is empty after take, and its slots go on", () => {
    const builder = new BatchBuilder({ turretName: "t" });
    expect(builder.take()).toBeUndefined();
    expect(builder.isEmpty).toBe(true);
    const slot = builder.slot(CELL_KIND.timer, "a");
    for (let round = 1; round <= 3; round++) {
      builder.record(slot, 7, round, false);
      builder.countTransaction();
      expect(builder.isEmpty).toBe(false);
      const batch = taken(builder);
      expect(batch.transactions).toBe(1);
      expect(batch.cells.map((cell) => [cell.name, cell.sum])).toEqual([["a", round]]);
      expect(builder.isEmpty).toBe(true);
      expect(builder.take()).toBeUndefined();
    }
    builder.countTransaction(4);
    expect(builder.take()?.transactions).toBe(4);
  });

  test("keeps cells past the limit of a batch for the next", () => {
    const builder = new BatchBuilder({ turretName: "t", cellsMax: 4 });
    const slot = builder.slot(CELL_KIND.timer, "");
    for (let second = 0; second < 10; second++) builder.record(slot, second, 5, false);
    builder.countTransaction(10);
    const found = [taken(builder), taken(builder), taken(builder)];
    expect(builder.take()).toBeUndefined();
    expect(found.map((batch) => [batch.transactions, batch.cells.length])).toEqual([
      [10, 4],
      [0, 4],
      [0, 2],
    ]);
  });

  test("writes a single value in a few bytes, and reads it whole", () => {
    for (const [kind, value, sizeBytes] of [
      [CELL_KIND.timer, 3_600_000_001, 18],
      [CELL_KIND.timer, 0, 14],
      [CELL_KIND.gauge, -0.5, 21],
      [CELL_KIND.gauge, 64, 14],
    ] as const) {
      const builder = new BatchBuilder({ turretName: "t" });
      builder.record(builder.slot(kind, "n"), 0, value, true);
      const bytes = builder.take()?.bytes ?? new Uint8Array();
      expect([value, bytes.length]).toEqual([value, sizeBytes]);
      const [cell] = decodeBatch(bytes).cells;
      const { histogram, ...numbers } = cell as Cell;
      const all = { count: 1, errorCount: 1, sum: value, min: value, max: value };
      expect(numbers).toEqual({ second: 0, kind, name: "n", ...all, sumSquares: value * value });
      const isDuration = kind === CELL_KIND.timer;
      expect(histogram && Histogram.fromPayload(histogram).count).toBe(isDuration ? 1 : undefined);
    }
  });

  test("merges names past the limit and says how often", () => {
    const builder = new BatchBuilder({ turretName: "t", namesMax: 2, errorTextsMax: 1 });
    for (const name of ["a", "b", "c", "d", "", "a"]) {
      builder.record(builder.slot(CELL_KIND.timer, name), 0, 10, false);
    }
    for (const text of ["boom", "bang"])
      builder.add(builder.slot(CELL_KIND.error, text), 0, 1, 1, 0);
    builder.add(builder.slot(CELL_KIND.counter, "x"), 0, 1, 0, 1);
    builder.add(builder.slot(CELL_KIND.counter, "y"), 0, 1, 0, 1);
    builder.add(builder.slot(CELL_KIND.counter, COUNTER.started), 0, 1, 0, 1);
    const batch = taken(builder);
    const counts = batch.cells.map((cell) => [cell.kind, cell.name, cell.count]);
    expect(counts.sort()).toEqual(
      [
        [CELL_KIND.timer, "a", 2],
        [CELL_KIND.timer, "b", 1],
        [CELL_KIND.timer, OTHER_NAME, 2],
        [CELL_KIND.timer, "", 1],
        [CELL_KIND.error, "boom", 1],
        [CELL_KIND.error, OTHER_NAME, 1],
        [CELL_KIND.counter, "x", 1],
        [CELL_KIND.counter, "y", 1],
        [CELL_KIND.counter, COUNTER.started, 1],
      ].sort(),
    );
    expect(builder.overflowCount).toBe(3);
  });

  test("clips texts to whole characters, and mends what is not Unicode", () => {
    const long = `${"é".repeat(2_047)}x${"€".repeat(9)}`;
    const builder = new BatchBuilder({ turretName: "\ud800" });
    builder.add(builder.slot(CELL_KIND.error, long), 0, 1, 1, 0);
    builder.add(builder.slot(CELL_KIND.error, `${long}, and more`), 0, 1, 1, 0);
    builder.add(builder.slot(CELL_KIND.error, "a\udc00b"), 0, 1, 1, 0);
    builder.row(row("a\ufffdb"));
    const batch = taken(builder);
    const sizes = batch.texts.map((text) => Buffer.byteLength(text));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(STATS_LIMIT.textBytes);
    expect(cellOf(batch, CELL_KIND.error, `${"é".repeat(2_047)}x`)).toMatchObject({ count: 2 });
    expect(cellOf(batch, CELL_KIND.error, "a\ufffdb")).toMatchObject({ count: 1 });
    expect(batch.texts[batch.rows.turretText[0] ?? 0]).toBe("\ufffd");
  });

  test("keeps rows with their timers, errors and turrets", () => {
    const builder = new BatchBuilder({ turretName: "mine" });
    builder.row(row("", ["cart", 0.5, "pay", 0.75]));
    builder.row({ ...row("boom"), turretName: "theirs", responseS: 0.375 });
    builder.row({ ...row("", ["pay", 1]), elapsedS: Number.NaN });
    expect(builder.rowCount).toBe(3);
    const { texts, rows } = taken(builder);
    const named = (ids: Uint32Array) => [...ids].map((id) => texts[id]);
    expect(rows.count).toBe(3);
    expect(named(rows.errorText)).toEqual(["", "boom", ""]);
    expect(named(rows.turretText)).toEqual(["mine", "theirs", "mine"]);
    expect([...rows.elapsedS]).toEqual([1.5, 1.5, 0]);
    expect([...rows.responseS]).toEqual([Number.NaN, 0.375, Number.NaN]);
    expect([...rows.timerEnd]).toEqual([2, 2, 3]);
    expect(named(rows.timerText)).toEqual(["cart", "pay", "pay"]);
    expect([...rows.timerS]).toEqual([0.5, 0.75, 1]);
    builder.wantRows = false;
    builder.row(row("late"));
    expect([builder.wantRows, builder.rowCount, builder.isEmpty]).toEqual([false, 0, true]);
  });

  test("keeps rows of more names than a byte can number", () => {
    const builder = new BatchBuilder({ turretName: "t" });
    const names = Array.from({ length: 300 }, (_, i) => `timer ${i}`);
    names.forEach((name, i) => {
      builder.row(row(`error ${i % 150}`, i === 0 ? names.flatMap((n) => [n, 2]) : [name, i]));
    });
    const { texts, rows } = taken(builder);
    const named = (ids: Uint32Array) => [...ids].map((id) => texts[id]);
    expect(named(rows.timerText)).toEqual([...names, ...names.slice(1)]);
    expect(named(rows.errorText)).toEqual(names.map((_, i) => `error ${i % 150}`));
    expect([rows.timerEnd[0], rows.timerEnd[299]]).toEqual([300, 599]);
  });

  test("stops keeping rows when a batch holds enough, and counts those", () => {
    const builder = new BatchBuilder({ turretName: "t" });
    const timers = Array.from({ length: 2_000 }, (_, i) => (i % 2 === 0 ? "a" : 1));
    expect(builder.isFull).toBe(false);
    for (let i = 0; i < 4_000; i++) builder.row(row("", timers));
    expect(builder.isFull).toBe(true);
    expect(builder.skippedRows).toBeGreaterThan(0);
    expect(builder.rowCount + builder.skippedRows).toBe(4_000);
    const bytes = builder.take()?.bytes ?? new Uint8Array();
    expect(bytes.length).toBeLessThan(32 * 1024 * 1024);
    expect(decodeBatch(bytes).rows.count + builder.skippedRows).toBe(4_000);
  });
});

describe("decodeBatch", () => {
  const HEAD = [0x7b, 0x0c, 1];
  const cell = (second: number, kind: number, text: number, ...rest: number[]) => {
    return [second, kind, text, ...rest];
  };
  const f64 = (value: number) => [...new Uint8Array(new Float64Array([value]).buffer)];
  const counter = (second: number, text: number) => cell(second, 4 + 16, text, 1, 0, 1);
  const timer = (count: number, payload: readonly number[]) => {
    return cell(0, 16, 0, count, 0, 5, 5, 0, ...f64(25), payload.length, ...payload);
  };
  const SQUARE = [11, 2];

  test("reads the smallest batches, written by hand", () => {
    expect(decodeBatch(new Uint8Array([...HEAD, 5, 0, 0, 0])).transactions).toBe(5);
    const one = decodeBatch(new Uint8Array([...HEAD, 1, 0, 1, ...timer(1, [9, 2]), 0]));
    expect(one.cells[0]).toMatchObject({ kind: 0, name: "", count: 1, sum: 5, min: 5, max: 5 });
  });

  test("says what is wrong with anything else", () => {
    const two = (...cells: number[][]) => [...HEAD, 0, 1, 1, 65, cells.length, ...cells.flat(), 0];
    const cases: Readonly<Record<string, readonly number[]>> = {
      nothing: [],
      "another magic": [0, 0, 1, 0, 0, 0, 0],
      "another version": [0x7b, 0x0c, 2, 0, 0, 0, 0],
      leftovers: [...HEAD, 0, 0, 0, 0, 0],
      "a text twice": [...HEAD, 0, 2, 1, 65, 1, 65, 0, 0],
      "the empty text written": [...HEAD, 0, 1, 0, 0, 0],
      "a text that is not UTF-8": [...HEAD, 0, 1, 1, 0xff, 0, 0],
      "more texts than bytes": [...HEAD, 0, 0xff, 0xff, 3, 0],
      "more cells than bytes": [...HEAD, 0, 0, 0xff, 0xff, 3, 0],
      "more rows than bytes": [...HEAD, 0, 0, 0, 0xff, 0xff, 3],
      "a cell twice": two(counter(3, 1), counter(0, 1)),
      "cells out of order": two(counter(3, 1), counter(0, 0)),
      "a text past the table": two(counter(0, 2)),
      "an unknown kind": two(cell(0, 10 + 16, 0, 1, 0, 1)),
      "an unknown flag": two(cell(0, 5 + 16 + 128, 0, 1, 0, 1, 1, 0, ...f64(1))),
      "a single counter": two(cell(0, 4 + 64, 0, 1, 0, 1)),
      "a single value that is too large": two(cell(0, 5 + 64, 0, 0, ...f64(1e150))),
      "a single value with two errors": two(cell(0, 5 + 16 + 64, 0, 2, 1)),
      "more errors than values": two(cell(0, 4 + 16, 0, 1, 2, 1)),
      "a second past the limit": two([0xff, 0xff, 0xff, 0xff, 0x0f, 20, 0, 1, 0, 1]),
      "measured nothing": two(cell(0, 5 + 16, 0, 0, 0, 0, 0, 0, ...f64(0))),
      "a sum that is not finite": two(cell(0, 5, 0, 1, 0, ...f64(Number.NaN))),
      "a sum that would overflow": two(cell(0, 5, 0, 1, 0, ...f64(1e300))),
      "minimum above maximum": two(cell(0, 5, 0, 1, 0, ...[1, 2, 1, 1].flatMap(f64))),
      "a histogram of another count": two(timer(2, SQUARE)),
      "a histogram past the end": two(timer(1, SQUARE).with(-3, 200)),
    };
    for (const [what, bytes] of Object.entries(cases)) {
      expect(() => decodeBatch(new Uint8Array(bytes)), what).toThrow(MalformedBytes);
    }
  });

  test("checks every number and index of rows", () => {
    const rowBytes = (parts: { flags?: number; numbers?: number[]; tail?: number[] }) => {
      const numbers = (parts.numbers ?? [1, 2, 3]).flatMap(f64);
      return [...HEAD, 0, 0, 0, 1, parts.flags ?? 0, ...numbers, ...(parts.tail ?? [0, 0, 0])];
    };
    expect(decodeBatch(new Uint8Array(rowBytes({}))).rows.count).toBe(1);
    const cases: Readonly<Record<string, readonly number[]>> = {
      "unknown flags": rowBytes({ flags: 2 }),
      "a number that is not finite": rowBytes({ numbers: [1, Number.NaN, 3] }),
      "a response time that is not finite": rowBytes({
        flags: 1,
        numbers: [1, 2, 3, Number.POSITIVE_INFINITY],
      }),
      "an error past the table": rowBytes({ tail: [1, 0, 0] }),
      "a turret past the table": rowBytes({ tail: [0, 1, 0] }),
      "more timers than bytes": rowBytes({ tail: [0, 0, 9, 0] }),
      "a timer name past the table": rowBytes({ tail: [0, 0, 1, 1, ...f64(1)] }),
      "a timer that is not finite": rowBytes({ tail: [0, 0, 1, 0, ...f64(Number.NaN)] }),
    };
    for (const [what, bytes] of Object.entries(cases)) {
      expect(() => decodeBatch(new Uint8Array(bytes)), what).toThrow(MalformedBytes);
    }
  });

  test("reads a Buffer that is a part of a larger one", () => {
    const builder = new BatchBuilder({ turretName: "t" });
    builder.row(row("x", ["a", 1]));
    const bytes = builder.take()?.bytes ?? new Uint8Array();
    const padded = Buffer.concat([Buffer.from([1, 2, 3]), bytes, Buffer.from([4])]);
    const { rows } = decodeBatch(padded.subarray(3, padded.length - 1));
    padded.fill(0);
    expect([rows.elapsedS[0], rows.timerS[0]]).toEqual([1.5, 1]);
  });
});

describe("mergeBatches", () => {
  test("puts rows one after the other with their texts, up to a limit", () => {
    const batches = ["a", "b", "a"].map((name) => {
      const builder = new BatchBuilder({ turretName: name });
      builder.row(row(`error ${name}`, [`timer ${name}`, 1, "both", 2]));
      builder.countTransaction();
      return taken(builder);
    });
    const merged = decodeBatch(mergeBatches(batches));
    const named = (ids: Uint32Array) => [...ids].map((id) => merged.texts[id]);
    expect(merged.transactions).toBe(3);
    expect(named(merged.rows.turretText)).toEqual(["a", "b", "a"]);
    expect(named(merged.rows.errorText)).toEqual(["error a", "error b", "error a"]);
    expect(named(merged.rows.timerText)).toEqual([
      "timer a",
      "both",
      "timer b",
      "both",
      "timer a",
      "both",
    ]);
    expect([...merged.rows.timerEnd]).toEqual([2, 4, 6]);
    const cut = decodeBatch(mergeBatches(batches, { rowsMax: 2 }));
    expect([cut.rows.count, cut.transactions]).toEqual([2, 3]);
  });

  test("of nothing is an empty batch", () => {
    const empty = decodeBatch(mergeBatches([]));
    expect([empty.transactions, empty.cells.length, empty.rows.count]).toEqual([0, 0, 0]);
  });
});
