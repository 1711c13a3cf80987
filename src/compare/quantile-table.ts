// A percentile of resampled seconds, quickly. Resampling adds whole blocks of seconds, and of their
// sum only the neighbourhood of one percentile is wanted. So the table holds, for each block that can
// start anywhere in the run, how many of its values are at most each of some edges around that
// percentile; a resampled run is a sum of rows, and its percentile lies where that sum passes its rank.
//
// Between edges values count as spread evenly, so the percentile moves smoothly and not in the steps
// of the histogram (at 50 us a step is 2 %).

import { lowestUsAt } from "../stats/histogram.ts";
import type { Cells } from "./cells.ts";

const EDGES_MAX = 64;
/** Edges reach as far as resampled ranks may wander: this many of their deviations. */
const REACH = 8;

export class QuantileTable {
  readonly percent: number;
  /** The percentile of the whole run, in us. */
  readonly wholeUs: number;
  /** Of each cell: values at most `wholeUs`, less what would be expected of its count. */
  readonly influence: Float64Array;
  readonly #cells: Cells;
  readonly #totals: Float64Array;
  #edges: Float64Array = new Float64Array(0);
  #sums: Float64Array = new Float64Array(0);
  #rowTotals: Float64Array = new Float64Array(0);

  /** The cells must hold a value. */
  constructor(cells: Cells, percent: number) {
    this.#cells = cells;
    this.percent = percent;
    const pooled = pool(cells);
    this.wholeUs = quantileOf(pooled, (percent / 100) * cells.values);
    this.#totals = cellTotals(cells);
    const below = countsBelow(cells, [this.wholeUs]);
    this.influence = Float64Array.from(
      below,
      (count, i) => count - (percent / 100) * (this.#totals[i] as number),
    );
  }

  /** Makes the sums of all blocks of `block` cells; `blocks` of them will be one resampled run. */
  prepare(block: number, blocks: number): void {
    const { length, values } = this.#cells;
    const wander = REACH * Math.sqrt(blocks * variance(blockSums(this.influence, 1, block)));
    const scale = length / (block * blocks);
    const rank = (this.percent / 100) * values;
    const reach = Math.max(2, wander * scale);
    this.#edges = edgesBetween(pool(this.#cells), rank - reach, rank + reach);
    const width = this.#edges.length;
    this.#sums = blockSums(countsBelow(this.#cells, this.#edges), width, block);
    this.#rowTotals = blockSums(this.#totals, 1, block);
  }

  /** The percentile of the blocks that start at `starts`, in us; NaN where they hold no value. */
  resampled(starts: Uint32Array): number {
    let total = 0;
    for (let i = 0; i < starts.length; i++) total += this.#rowTotals[starts[i] as number] as number;
    if (total === 0) return Number.NaN;
    const rank = (this.percent / 100) * total;
    let low = 0;
    let high = this.#edges.length - 1;
    let lowSum = this.#sumAt(0, starts);
    let highSum = this.#sumAt(high, starts);
    if (rank <= lowSum) return this.#edges[0] as number;
    if (rank >= highSum) return this.#edges[high] as number;
    while (high - low > 1) {
      const share = (rank - lowSum) / (highSum - lowSum);
      const guess = low + Math.round(share * (high - low));
      const middle = Math.max(low + 1, Math.min(high - 1, guess));
      const sum = this.#sumAt(middle, starts);
      if (sum < rank) {
        low = middle;
        lowSum = sum;
      } else {
        high = middle;
        highSum = sum;
      }
    }
    const lowUs = this.#edges[low] as number;
    const step = (this.#edges[high] as number) - lowUs;
    return lowUs + (step * (rank - lowSum)) / (highSum - lowSum);
  }

  #sumAt(edge: number, starts: Uint32Array): number {
    const sums = this.#sums;
    const width = this.#edges.length;
    let sum = 0;
    for (let i = 0; i < starts.length; i++) {
      sum += sums[(starts[i] as number) * width + edge] as number;
    }
    return sum;
  }
}

interface Pooled {
  readonly first: number;
  readonly counts: Float64Array;
}

function pool({ index, weight }: Cells): Pooled {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const place of index) {
    if (place < first) first = place;
    if (place > last) last = place;
  }
  const counts = new Float64Array(Math.max(1, last - first + 1));
  for (let i = 0; i < index.length; i++) {
    const at = (index[i] as number) - first;
    counts[at] = (counts[at] as number) + (weight[i] as number);
  }
  return { first, counts };
}

/** The value below which `rank` of the pooled values are, spread evenly within each step. */
function quantileOf({ first, counts }: Pooled, rank: number): number {
  let passed = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number;
    if (count > 0 && passed + count >= rank) {
      const lowUs = lowestUsAt(first + i);
      const highUs = lowestUsAt(first + i + 1);
      return lowUs + (highUs - lowUs) * Math.max(0, (rank - passed) / count);
    }
    passed += count;
  }
  return lowestUsAt(first + counts.length);
}

/** Edges of steps from the one below `lowRank` to the one above `highRank`, about evenly in rank. */
function edgesBetween({ first, counts }: Pooled, lowRank: number, highRank: number): Float64Array {
  const edges: number[] = [];
  const gap = (highRank - lowRank) / (EDGES_MAX - 2);
  let passed = 0;
  let next = lowRank + gap;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number;
    if (count === 0) continue;
    const lowUs = lowestUsAt(first + i);
    const after = passed + count;
    // Both ends of a step that matters are edges: nothing is spread over an empty stretch.
    if (after >= lowRank && passed <= highRank) {
      if (edges.length === 0) edges.push(lowUs);
      if (after >= next || after >= highRank) {
        if (edges.at(-1) !== lowUs) edges.push(lowUs);
        edges.push(lowestUsAt(first + i + 1));
        next = after + gap;
      }
    }
    passed = after;
  }
  const endUs = lowestUsAt(first + counts.length);
  if (edges.length === 1 || passed < highRank) if (edges.at(-1) !== endUs) edges.push(endUs);
  return Float64Array.from(edges);
}

function cellTotals({ length, ends, weight }: Cells): Float64Array {
  const totals = new Float64Array(length);
  for (let i = 0, at = 0; i < length; i++) {
    let sum = 0;
    for (; at < (ends[i] as number); at++) sum += weight[at] as number;
    totals[i] = sum;
  }
  return totals;
}

/** Row-wise by cell: how many of its values are at most each edge; edges must ascend. */
function countsBelow(
  { length, ends, index, weight }: Cells,
  edges: readonly number[] | Float64Array,
): Float64Array {
  const width = edges.length;
  const below = new Float64Array(length * width);
  for (let i = 0, at = 0; i < length; i++) {
    const row = i * width;
    let passed = 0;
    let edge = 0;
    for (; at < (ends[i] as number); at++) {
      const lowUs = lowestUsAt(index[at] as number);
      const highUs = lowestUsAt((index[at] as number) + 1);
      const count = weight[at] as number;
      while (edge < width && (edges[edge] as number) < highUs) {
        const inside = Math.max(0, (edges[edge] as number) - lowUs) / (highUs - lowUs);
        below[row + edge++] = passed + count * inside;
      }
      passed += count;
    }
    for (; edge < width; edge++) below[row + edge] = passed;
  }
  return below;
}

/** Of each cell, the sum of `block` rows from it on, going round at the end. */
export function blockSums(rows: Float64Array, width: number, block: number): Float64Array {
  const length = rows.length / width;
  const sums = new Float64Array(rows.length);
  for (let column = 0; column < width; column++) {
    let sum = 0;
    for (let i = 0; i < block; i++) sum += rows[(i % length) * width + column] as number;
    for (let start = 0; start < length; start++) {
      sums[start * width + column] = sum;
      sum += rows[((start + block) % length) * width + column] as number;
      sum -= rows[start * width + column] as number;
    }
  }
  return sums;
}

function variance(values: Float64Array): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let sum = 0;
  for (const value of values) sum += (value - mean) ** 2;
  return sum / values.length;
}
