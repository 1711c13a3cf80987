// How far a difference between two runs may be from the true one: a circular block bootstrap over the
// seconds. Blocks of neighbouring seconds are drawn with replacement until they make a run as long as
// the real one, in both runs at the same instants of the plan, and the difference is measured again; the
// spread of many such differences is the deviation of the real one. Drawing the same instants takes
// what the plan itself does (a ramp-up, a peak) out of the spread, since it does it in both.
//
// Draws are seeded: the same two files always give the same answer.

import { Random } from "../base/random.ts";
import { blockLength, blockVariance, longRunVariance } from "./autocorrelation.ts";
import { blockSums, type Cells, sumOf } from "./cells.ts";
import { ResampledQuantile } from "./quantile.ts";
import { FREEDOM_MAX } from "./student.ts";

export interface BootstrapOptions {
  readonly replicates: number;
  readonly seed: number;
  /** Which of several bootstraps under one seed. */
  readonly stream: number;
  readonly percents: readonly number[];
}

/** A difference and its deviation; both logarithms of a ratio, but for errors a difference of shares. */
export interface Spread {
  readonly difference: number;
  readonly deviation: number;
  /** Degrees of freedom of the deviation. */
  readonly freedom: number;
}

export interface PairSpread {
  /** One for each percent asked for. */
  readonly percentiles: readonly Spread[];
  readonly rate: Spread;
  readonly errors: Spread;
  /** Seconds of a block of the longer run. */
  readonly blockS: number;
}

/** Cells that a run needs before anything can be said of its spread. */
export const CELLS_MIN = 8;

/** A short run shows only a part of how it wanders: by simulation, so much over its cells more. */
const SHORT = 1.5;

/** Even a short run knows its deviation a little. */
const FREEDOM_MIN = 3;

interface Side {
  readonly cells: Cells;
  readonly quantiles: readonly ResampledQuantile[];
  readonly starts: Uint32Array;
  readonly counts: Float64Array;
  readonly errors: Float64Array;
}

/** Both runs must have `CELLS_MIN` cells and a value. */
export function spreadOf(base: Cells, next: Cells, options: BootstrapOptions): PairSpread {
  const { percents } = options;
  const quantiles = [base, next].map((cells) =>
    percents.map((percent) => new ResampledQuantile(cells, percent)),
  ) as [ResampledQuantile[], ResampledQuantile[]];
  const pair = [base, next] as const;
  const influences = percents.map((_, i) =>
    influenceOf(pair, (side) => {
      const { influence } = quantiles[side][i] as ResampledQuantile;
      return influence.map((value) => value / pair[side].values);
    }),
  );
  const longest = Math.max(base.length, next.length);
  const shortest = Math.min(base.length, next.length);
  const ownBlock = Math.max(...influences.map(blockLength));
  const block = Math.max(1, Math.round((ownBlock * longest) / shortest));
  const blocks = Math.round(longest / block);
  const [first, second] = pair.map((cells, side) =>
    prepare(cells, quantiles[side as 0 | 1], { blocks, share: block / longest }),
  ) as [Side, Side];
  const drawn = draw(first, second, { ...options, blocks });
  // A resampled run is a little shorter or longer than the real one, and its blocks know their mean.
  const resize =
    Math.sqrt((blocks * block) / longest / (1 - block / longest)) * (1 + SHORT / shortest);
  const spread = (
    difference: number,
    values: Float64Array,
    influence: Float64Array,
    coins: number,
  ): Spread => {
    const { stretch, freedom } = beyondBlocks(influence, ownBlock, coins / shortest);
    return { difference, deviation: deviationOf(values) * resize * stretch, freedom };
  };
  return {
    percentiles: percents.map((percent, i) => {
      const [before, after] = quantiles.map((side) => (side[i] as ResampledQuantile).wholeUs);
      const difference = Math.log((after as number) / (before as number));
      const coins = coinVariance(percent / 100, base.values, next.values);
      return spread(difference, at(drawn.percentiles, i), at(influences, i), coins);
    }),
    rate: spread(
      Math.log(rateOf(next) / rateOf(base)),
      drawn.rates,
      influenceOf(pair, (side) => shares(pair[side].count)),
      0,
    ),
    errors: spread(
      shareOf(next) - shareOf(base),
      drawn.errors,
      influenceOf(pair, (side) => errorInfluence(pair[side])),
      coinVariance(shareOf(base), sumOf(base.count), sumOf(next.count)),
    ),
    blockS: block * base.stepS,
  };
}

/** Variance of the difference of two shares were all values independent. */
function coinVariance(share: number, before: number, after: number): number {
  return share * (1 - share) * (1 / before + 1 / after);
}

/**
 * What blocks of this length miss, and how well the deviation is known. Blocks cut what reaches past
 * their ends: the long-run variance takes its place as far as there is more than `coins`, the variance
 * of independent values, in it. That much is known; the rest is an estimate from as many independent
 * stretches as its lags leave.
 */
function beyondBlocks(
  influence: Float64Array,
  block: number,
  coins: number,
): { stretch: number; freedom: number } {
  const cut = blockVariance(influence, block);
  if (!(cut > 0)) return { stretch: 1, freedom: FREEDOM_MAX };
  const { variance, lags } = longRunVariance(influence);
  const excess = Math.max(0, variance - coins) / Math.max(variance, coins);
  const missed = Math.max(0, variance - cut) * Math.min(1, 2 * excess);
  const whole = Math.max(coins, cut + missed);
  const unknown = Math.max(0, whole - coins) / whole;
  const stretches = influence.length / (2 * lags + 1);
  const freedom = Math.max(FREEDOM_MIN, Math.min(FREEDOM_MAX, stretches / unknown));
  return { stretch: Math.sqrt(whole / cut), freedom };
}

function at(columns: readonly Float64Array[], i: number): Float64Array {
  return columns[i] as Float64Array;
}

// What each instant adds to the difference of the runs: what both do at the same instant of the plan
// is no correlation of one with itself.
function influenceOf(
  pair: readonly [Cells, Cells],
  columnOf: (side: 0 | 1) => Float64Array,
): Float64Array {
  const length = Math.min(pair[0].length, pair[1].length);
  const [before, after] = [columnOf(0), columnOf(1)];
  const value = (column: Float64Array, i: number) =>
    column[Math.floor((i * column.length) / length)] as number;
  return Float64Array.from({ length }, (_, i) => value(after, i) - value(before, i));
}

function shares(column: Float64Array): Float64Array {
  const whole = sumOf(column);
  return column.map((value) => value / whole);
}

function errorInfluence(cells: Cells): Float64Array {
  const whole = sumOf(cells.count);
  const share = shareOf(cells);
  return cells.errorCount.map((errors, i) => (errors - share * (cells.count[i] as number)) / whole);
}

function prepare(
  cells: Cells,
  quantiles: readonly ResampledQuantile[],
  of: { readonly blocks: number; readonly share: number },
): Side {
  const block = Math.max(1, Math.round(of.share * cells.length));
  for (const quantile of quantiles) quantile.prepare(block, of.blocks);
  return {
    cells,
    quantiles,
    starts: new Uint32Array(of.blocks),
    counts: blockSums(cells.count, block),
    errors: blockSums(cells.errorCount, block),
  };
}

function draw(
  first: Side,
  second: Side,
  options: BootstrapOptions & { readonly blocks: number },
): { percentiles: Float64Array[]; rates: Float64Array; errors: Float64Array } {
  const { replicates, blocks } = options;
  const random = new Random(options.seed, options.stream);
  const percentiles = first.quantiles.map(() => new Float64Array(replicates));
  const rates = new Float64Array(replicates);
  const errors = new Float64Array(replicates);
  for (let round = 0; round < replicates; round++) {
    for (let i = 0; i < blocks; i++) {
      const place = random.next32() / 0x1_0000_0000;
      first.starts[i] = place * first.cells.length;
      second.starts[i] = place * second.cells.length;
    }
    for (let i = 0; i < percentiles.length; i++) {
      const before = (first.quantiles[i] as ResampledQuantile).resampled(first.starts);
      const after = (second.quantiles[i] as ResampledQuantile).resampled(second.starts);
      (percentiles[i] as Float64Array)[round] = after - before;
    }
    const [countBefore, errorsBefore] = sumsOf(first);
    const [countAfter, errorsAfter] = sumsOf(second);
    rates[round] = Math.log(countAfter / countBefore);
    errors[round] = errorsAfter / countAfter - errorsBefore / countBefore;
  }
  return { percentiles, rates, errors };
}

function sumsOf({ starts, counts, errors }: Side): [count: number, errors: number] {
  let count = 0;
  let failed = 0;
  for (let i = 0; i < starts.length; i++) {
    count += counts[starts[i] as number] as number;
    failed += errors[starts[i] as number] as number;
  }
  return [count, failed];
}

function rateOf({ count, measuredS }: Cells): number {
  return sumOf(count) / measuredS;
}

function shareOf({ count, errorCount }: Cells): number {
  return sumOf(errorCount) / sumOf(count);
}

/** Standard deviation; a draw without values (a rare timer) is left out. */
function deviationOf(values: Float64Array): number {
  let count = 0;
  let mean = 0;
  let squares = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    count++;
    const before = value - mean;
    mean += before / count;
    squares += before * (value - mean);
  }
  return count < 2 ? Number.POSITIVE_INFINITY : Math.sqrt(squares / (count - 1));
}
