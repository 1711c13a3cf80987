// Seconds of a run resemble their neighbours: a queue that is long now is long in a second. Taken for
// independent they would promise more than they know. Two answers to that from the autocovariances:
//
// `blockLength`, how many seconds stay together in the bootstrap: the rule of Politis and White (2004,
// corrected by Patton, Politis and White 2009) for circular blocks. Find the lag m past which no
// correlation stands out, weigh the lags up to 2 m with a flat top, take the length that makes the
// error of the variance smallest. Correlation too weak to stand out is still there: no block is shorter
// than the cube root of the number of seconds, the order in which the best length grows.
//
// `longRunVariance`, the variance of a mean without the blocks' shortcoming, that they cut what reaches
// past their ends: Geyer's initial monotone sequence (1992). Sums of two neighbouring lags are added
// while they are positive, none larger than the one before.

import { sumOf } from "./cells.ts";

/** Autocovariance of a lag around the mean, divided by the whole length. */
export function autocovariance(series: Float64Array, lag: number): number {
  return lagged(centred(series), lag);
}

function centred(series: Float64Array): Float64Array {
  const mean = sumOf(series) / series.length;
  return series.map((value) => value - mean);
}

function lagged(deviations: Float64Array, lag: number): number {
  let sum = 0;
  for (let i = lag; i < deviations.length; i++) {
    sum += (deviations[i] as number) * (deviations[i - lag] as number);
  }
  return sum / deviations.length;
}

/** Cells of one block, at least 1 and at most a quarter of the series. */
export function blockLength(series: Float64Array): number {
  const n = series.length;
  const longest = Math.max(1, Math.floor(n / 4));
  const shortest = Math.min(longest, Math.ceil(Math.cbrt(n)));
  const quiet = Math.max(5, Math.ceil(Math.log10(n)));
  const lagsMax = Math.min(n - 1, Math.ceil(Math.sqrt(n)) + quiet);
  const deviations = centred(series);
  const variance = lagged(deviations, 0);
  if (!(variance > 0)) return shortest;
  const loud = 2 * Math.sqrt(Math.log10(n) / n) * variance;
  const covariances = Array.from({ length: lagsMax }, (_, i) => lagged(deviations, i + 1));
  const window = Math.min(lagsMax, Math.max(1, 2 * lastLoudLag(covariances, quiet, loud)));
  let slope = 0;
  let spectrum = variance;
  for (let lag = 1; lag <= window; lag++) {
    const weight = flatTop(lag / window) * (covariances[lag - 1] as number);
    slope += 2 * lag * weight;
    spectrum += 2 * weight;
  }
  if (!(spectrum > 0)) return shortest;
  const best = Math.cbrt(((2 * slope * slope) / ((4 / 3) * spectrum * spectrum)) * n);
  return Math.max(shortest, Math.min(longest, Math.ceil(best)));
}

// The last lag before `quiet` lags in a row that do not stand out; item 0 is lag 1.
function lastLoudLag(covariances: readonly number[], quiet: number, limit: number): number {
  let run = 0;
  for (const [i, covariance] of covariances.entries()) {
    run = Math.abs(covariance) < limit ? run + 1 : 0;
    if (run === quiet) return i + 1 - quiet;
  }
  return covariances.length - run;
}

function flatTop(share: number): number {
  return share <= 0.5 ? 1 : Math.max(0, 2 * (1 - share));
}

/** What circular blocks of this length make of the variance of a mean, times the length. */
export function blockVariance(series: Float64Array, block: number): number {
  const deviations = centred(series);
  let variance = lagged(deviations, 0);
  for (let lag = 1; lag < block; lag++) {
    variance += 2 * (1 - lag / block) * lagged(deviations, lag);
  }
  return (variance * series.length) / Math.max(1, series.length - block);
}

export interface LongRun {
  /** Of a mean, times the length. */
  readonly variance: number;
  /** The last lag that was added. */
  readonly lags: number;
}

export function longRunVariance(series: Float64Array): LongRun {
  const n = series.length;
  const deviations = centred(series);
  const own = lagged(deviations, 0);
  // The mean of the same cells was taken off: every lag is too small by about the variance of it.
  const taken = Math.max(own, blockVariance(series, Math.ceil(Math.cbrt(n)))) / n;
  let variance = -(own + taken);
  let before = Number.POSITIVE_INFINITY;
  let lags = 0;
  for (let lag = 0; lag + 1 < n / 3; lag += 2) {
    const pair = lagged(deviations, lag) + lagged(deviations, lag + 1) + 2 * taken;
    if (!(pair > 0)) break;
    before = Math.min(before, pair);
    variance += 2 * before;
    lags = lag + 1;
  }
  return { variance, lags };
}
