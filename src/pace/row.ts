// Which row of the data transaction k reads, and which random numbers it sees: functions of the seed
// and k alone, the same whichever turret fires it.
//
// Shuffled rows are a permutation that is computed and not stored: a Feistel network over the smallest
// even number of bits that holds all rows, walked again until it lands on a row. Each pass over the
// data has its own permutation.

import { assert } from "../base/assert.ts";
import { hash32, Random } from "../base/random.ts";
import { PACE_STREAM } from "./arrivals.ts";

/** Rows that a data set may have, so that all arithmetic is exact. */
export const ROWS_MAX = 2 ** 48;

const ROUNDS = 8;
const HALF_BITS_MIN = 2;

/** Row of transaction k when rows are read in order, again from the first after the last. */
export function sequentialRow(k: number, rows: number): number {
  return k % rows;
}

/** Row of transaction k when every pass over the data is in an order of its own. */
export function shuffledRow(k: number, options: { rows: number; seed: number }): number {
  const { rows, seed } = options;
  assert(rows >= 1 && rows <= ROWS_MAX, "rows are at least one and within the limit");
  const half = 2 ** halfBits(rows);
  const pass = Math.floor(k / rows);
  let row = k % rows;
  do row = permuted(row, { half, seed, pass });
  while (row >= rows);
  return row;
}

/** The random numbers that the script of transaction k sees. */
export function randomOf(seed: number, k: number): Random {
  return new Random(seed, k, PACE_STREAM.script);
}

function permuted(value: number, key: { half: number; seed: number; pass: number }): number {
  let left = Math.floor(value / key.half);
  let right = value % key.half;
  for (let round = 0; round < ROUNDS; round++) {
    const keyed = hash32(key.seed ^ Math.imul(round + 1, 0x9e3779b1), key.pass, PACE_STREAM.row);
    const mixed = hash32(keyed, right, PACE_STREAM.row);
    const swapped = right;
    right = (left ^ mixed) & (key.half - 1);
    left = swapped;
  }
  return left * key.half + right;
}

function halfBits(rows: number): number {
  let bits = HALF_BITS_MIN;
  while (4 ** bits < rows) bits++;
  return bits;
}
