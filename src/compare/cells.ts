// One timer of one run as the bootstrap wants it: a row of cells of equal length (one second, or what
// the file has), each with its counts and its histogram as a sparse list.

import { type CellKind, hasHistogram } from "../stats/cell.ts";
import { CountList } from "../stats/count-list.ts";
import { HISTOGRAM_INDICES } from "../stats/histogram.ts";
import type { StoredInterval } from "../store/results.ts";

/** A run of more cells than this is read in longer ones. */
export const CELLS_MAX = 4_096;

export interface Cells {
  readonly kind: CellKind;
  readonly length: number;
  /** Seconds of one cell. */
  readonly stepS: number;
  readonly count: Float64Array;
  readonly errorCount: Float64Array;
  /** Entries of cell i are those from `ends[i - 1]` (0 for the first) to before `ends[i]`. */
  readonly ends: Uint32Array;
  /** Histogram index of each entry, ascending within a cell, and how many values it has. */
  readonly index: Uint32Array;
  readonly weight: Float64Array;
  /** Sum of all weights: the values that have a place in a histogram. */
  readonly values: number;
  /** What rates are divided by. */
  readonly measuredS: number;
}

/** The end of the last cell that holds something, in seconds from the start. */
export function endOf(intervals: readonly StoredInterval[], baseS: number): number {
  return intervals.reduce((end, { second }) => Math.max(end, second + baseS), 0);
}

export interface CellShape {
  readonly kind: CellKind;
  readonly baseS: number;
  /** Cells reach from the start of the run to here, or to the last value where that is later. */
  readonly spanS: number;
  readonly measuredS: number;
}

export function readCells(intervals: readonly StoredInterval[], shape: CellShape): Cells {
  const baseS = Math.max(1, Math.floor(shape.baseS));
  const spanS = Math.max(Math.ceil(shape.spanS), endOf(intervals, baseS), 1);
  const stepS = baseS * Math.ceil(Math.ceil(spanS / baseS) / CELLS_MAX);
  const length = Math.ceil(spanS / stepS);
  const count = new Float64Array(length);
  const errorCount = new Float64Array(length);
  const lists: (readonly Entry[])[] = Array.from({ length }, () => []);
  const reader = new CountList(HISTOGRAM_INDICES);
  for (const interval of intervals) {
    const at = Math.max(0, Math.min(length - 1, Math.floor(interval.second / stepS)));
    count[at] = (count[at] as number) + interval.count;
    errorCount[at] = (errorCount[at] as number) + interval.errorCount;
    if (interval.histogram === undefined || !hasHistogram(shape.kind)) continue;
    lists[at] = merged(lists[at] as readonly Entry[], reader.read(interval.histogram));
  }
  const measuredS = Math.max(shape.measuredS, Number.MIN_VALUE);
  return { kind: shape.kind, length, stepS, count, errorCount, ...packed(lists), measuredS };
}

type Entry = readonly [index: number, weight: number];

function merged(known: readonly Entry[], list: CountList): readonly Entry[] {
  const added: Entry[] = [];
  for (let i = 0; i < list.size; i++) {
    added.push([list.indices[i] as number, list.counts[i] as number]);
  }
  if (known.length === 0) return added;
  return [...known, ...added].sort((a, b) => a[0] - b[0]);
}

function packed(lists: readonly (readonly Entry[])[]) {
  const size = lists.reduce((sum, list) => sum + list.length, 0);
  const ends = new Uint32Array(lists.length);
  const index = new Uint32Array(size);
  const weight = new Float64Array(size);
  let at = 0;
  let values = 0;
  for (const [i, list] of lists.entries()) {
    for (const [place, times] of list) {
      index[at] = place;
      weight[at++] = times;
      values += times;
    }
    ends[i] = at;
  }
  return { ends, index, weight, values };
}

/** Of each cell, the sum of `block` of them from it on, going round at the end. */
export function blockSums(column: Float64Array, block: number): Float64Array {
  const { length } = column;
  const sums = new Float64Array(length);
  let sum = 0;
  for (let i = 0; i < block; i++) sum += column[i % length] as number;
  for (let start = 0; start < length; start++) {
    sums[start] = sum;
    sum += (column[(start + block) % length] as number) - (column[start] as number);
  }
  return sums;
}

export function varianceOf(column: Float64Array): number {
  const mean = sumOf(column) / column.length;
  let sum = 0;
  for (const value of column) sum += (value - mean) ** 2;
  return sum / column.length;
}

export function sumOf(column: Float64Array): number {
  let sum = 0;
  for (const value of column) sum += value;
  return sum;
}
