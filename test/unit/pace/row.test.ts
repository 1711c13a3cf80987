import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AssertionFailed } from "../../../src/base/assert.ts";
import { ROWS_MAX, randomOf, sequentialRow, shuffledRow } from "../../../src/pace/row.ts";

describe("sequentialRow", () => {
  test("goes around", () => {
    expect([0, 1, 2, 3, 4].map((k) => sequentialRow(k, 3))).toEqual([0, 1, 2, 0, 1]);
  });
});

describe("shuffledRow", () => {
  const passOf = (pass: number, rows: number, seed: number) => {
    return Array.from({ length: rows }, (_, i) => shuffledRow(pass * rows + i, { rows, seed }));
  };

  test("reads every row once a pass, for any number of rows", () => {
    const rowCount = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(rowCount, fc.integer(), fc.nat(5), (rows, seed, pass) => {
        const read = passOf(pass, rows, seed).sort((a, b) => a - b);
        expect(read).toEqual(Array.from({ length: rows }, (_, i) => i));
      }),
      { numRuns: 80 },
    );
  });

  test("has another order for every pass and seed, and none of the file", () => {
    const order = passOf(0, 200, 1);
    expect(passOf(1, 200, 1)).not.toEqual(order);
    expect(passOf(0, 200, 2)).not.toEqual(order);
    expect(order.filter((row, i) => row === i).length).toBeLessThan(10);
    expect(order.slice(1).filter((row, i) => row === (order[i] as number) + 1).length).toBeLessThan(
      10,
    );
  });

  test("puts any row at any place equally often", () => {
    const counts = new Array<number>(25).fill(0);
    const seeds = 5_000;
    for (let seed = 0; seed < seeds; seed++) {
      passOf(0, 5, seed).forEach((row, i) => {
        counts[i * 5 + row] = (counts[i * 5 + row] as number) + 1;
      });
    }
    const chi = counts.reduce((sum, count) => sum + (count - seeds / 5) ** 2 / (seeds / 5), 0);
    expect(chi).toBeLessThan(60);
  });

  test("works to the limit of rows and not beyond", () => {
    const row = shuffledRow(ROWS_MAX - 1, { rows: ROWS_MAX, seed: 3 });
    expect(Number.isSafeInteger(row) && row >= 0 && row < ROWS_MAX).toBe(true);
    expect(() => shuffledRow(0, { rows: 0, seed: 1 })).toThrow(AssertionFailed);
    expect(() => shuffledRow(0, { rows: ROWS_MAX + 1, seed: 1 })).toThrow(AssertionFailed);
  });
});

describe("randomOf", () => {
  test("is the same for the same k, another for another", () => {
    const first = (seed: number, k: number) => randomOf(seed, k).unit();
    expect(first(1, 5)).toBe(first(1, 5));
    expect(new Set([first(1, 5), first(1, 6), first(2, 5)]).size).toBe(3);
  });
});
