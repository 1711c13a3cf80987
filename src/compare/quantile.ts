// A percentile of resampled seconds, quickly. Which values lie at a percentile hangs on one number: by
// how many values the resampled run has too few or too many below the percentile of the whole run. So
// each block of seconds is one number, a resampled run is a sum of those, and its percentile lies that
// many ranks further along the values of the whole run (Bahadur's representation).
//
// How densely the values lie there, which decides how far a rank is, is judged from a stretch of them
// and not from the few beside it: the rule of Hall and Sheather (1988) says how long a stretch makes
// the coverage of an interval most exact. Within a step of the histogram values count as spread evenly, so nothing
// moves in steps (at 50 us a step is 2 %).

import { lowestUsAt } from "../stats/histogram.ts";
import { blockSums, type Cells, varianceOf } from "./cells.ts";
import { distanceOf } from "./student.ts";

/** Places reach at least as far as resampled ranks may wander: this many of their deviations. */
const REACH = 6;
/** Places on each side. */
const PLACES_MAX = 32;
/** Deviations of the interval whose coverage is to be exact: 95 %. */
const COVERAGE_Z = 1.96;
/** A stretch takes at most this part of the values beyond the percentile. */
const STRETCH_MAX = 0.8;

export class ResampledQuantile {
  /** The percentile of the whole run, in us. */
  readonly wholeUs: number;
  /** Of each cell: its values at most `wholeUs`, less what would be expected of their number. */
  readonly influence: Float64Array;
  readonly #cells: Cells;
  readonly #share: number;
  readonly #pooled: Pooled;
  readonly #totals: Float64Array;
  #sums: Float64Array = new Float64Array(0);
  #rowTotals: Float64Array = new Float64Array(0);
  /** Logarithms of the values at ranks `#firstRank`, a `#step` further, ... */
  #places: Float64Array = new Float64Array(0);
  #firstRank = 0;
  #step = 1;

  /** The cells must hold a value. */
  constructor(cells: Cells, percent: number) {
    this.#cells = cells;
    this.#share = percent / 100;
    this.#pooled = pool(cells);
    this.wholeUs = quantileOf(this.#pooled, this.#share * cells.values);
    const { below, totals } = countsBelow(cells, this.wholeUs);
    this.#totals = totals;
    this.influence = below.map((count, i) => count - this.#share * (totals[i] as number));
  }

  /** Makes the sums of all blocks of `block` cells; `blocks` of them will be one resampled run. */
  prepare(block: number, blocks: number): void {
    const { length, values } = this.#cells;
    this.#sums = blockSums(this.influence, block);
    this.#rowTotals = blockSums(this.#totals, block);
    const wander = Math.sqrt(blocks * varianceOf(this.#sums)) * (length / (block * blocks));
    const stretch = Math.max(1, stretchOf(this.#share, values) * values);
    const sides = Math.max(1, Math.min(PLACES_MAX, Math.ceil((REACH * wander) / stretch)));
    this.#step = Math.max(stretch, (REACH * wander) / sides);
    const rank = this.#share * values;
    // No place at the percentile itself: the stretch around it is one.
    this.#firstRank = rank - (sides - 0.5) * 2 * this.#step;
    const ranks = Array.from({ length: 2 * sides }, (_, i) => this.#firstRank + i * 2 * this.#step);
    this.#places = Float64Array.from(ranks, (at) => Math.log(quantileOf(this.#pooled, at)));
  }

  /** Logarithm of the percentile of the blocks that start at `starts`; NaN where they hold nothing. */
  resampled(starts: Uint32Array): number {
    let surplus = 0;
    let total = 0;
    for (let i = 0; i < starts.length; i++) {
      const start = starts[i] as number;
      surplus += this.#sums[start] as number;
      total += this.#rowTotals[start] as number;
    }
    if (total === 0) return Number.NaN;
    const { values } = this.#cells;
    const rank = this.#share * values - surplus * (values / total);
    const at = (rank - this.#firstRank) / (2 * this.#step);
    const places = this.#places;
    const low = Math.max(0, Math.min(places.length - 2, Math.floor(at)));
    const lowLog = places[low] as number;
    return lowLog + ((places[low + 1] as number) - lowLog) * (at - low);
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
      const inside = Math.max(0, (rank - passed) / count);
      return Math.max(SMALLEST_US, lowUs + (highUs - lowUs) * inside);
    }
    passed += count;
  }
  return lowestUsAt(first + counts.length);
}

/** What has a logarithm: values of 0 us are spread below 1 us. */
const SMALLEST_US = 0.5;

/** The stretch on each side of a percentile, as a part of all `values`. */
export function stretchOf(share: number, values: number): number {
  const tail = Math.min(share, 1 - share);
  const z = distanceOf(2 * tail, Number.POSITIVE_INFINITY);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const best = Math.cbrt((COVERAGE_Z ** 2 * 1.5 * density ** 2) / (2 * z * z + 1) / values);
  return Math.min(best, STRETCH_MAX * tail);
}

/** Of each cell: how many values it has, and how many of them are at most `us`. */
function countsBelow(
  { length, ends, index, weight }: Cells,
  us: number,
): { below: Float64Array; totals: Float64Array } {
  const below = new Float64Array(length);
  const totals = new Float64Array(length);
  for (let i = 0, at = 0; i < length; i++) {
    let count = 0;
    let total = 0;
    for (; at < (ends[i] as number); at++) {
      const times = weight[at] as number;
      total += times;
      const lowUs = lowestUsAt(index[at] as number);
      if (lowUs >= us) continue;
      const width = lowestUsAt((index[at] as number) + 1) - lowUs;
      count += times * Math.min(1, (us - lowUs) / width);
    }
    below[i] = count;
    totals[i] = total;
  }
  return { below, totals };
}
