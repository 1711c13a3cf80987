// Statistics from the values themselves, as the old OCT made them: percentiles by linear interpolation
// at (n - 1) * p, deviation of the sample (n - 1).

import { SUMMARY_PERCENTS, type Summary } from "../stats/summary.ts";

const US_PER_S = 1_000_000;

/** Summary of durations given in seconds; `valuesS` is sorted in place. */
export function exactSummary(valuesS: Float64Array, errorCount: number): Summary {
  valuesS.sort();
  const count = valuesS.length;
  const mean = count === 0 ? 0 : sumOf(valuesS) / count;
  const at = (i: number) => percentileOf(valuesS, SUMMARY_PERCENTS[i] as number) * US_PER_S;
  return {
    count,
    errorCount,
    meanUs: mean * US_PER_S,
    minUs: (valuesS[0] ?? 0) * US_PER_S,
    maxUs: (valuesS[count - 1] ?? 0) * US_PER_S,
    stdevUs: deviationOf(valuesS, mean) * US_PER_S,
    p50Us: at(0),
    p75Us: at(1),
    p80Us: at(2),
    p90Us: at(3),
    p95Us: at(4),
    p99Us: at(5),
    p999Us: at(6),
  };
}

/** Linear interpolation at (n - 1) * p of ascending values; 0 for none. */
export function percentileOf(ascending: ArrayLike<number>, percent: number): number {
  const last = ascending.length - 1;
  if (last < 0) return 0;
  const place = (last * percent) / 100;
  const low = Math.floor(place);
  const below = ascending[low] as number;
  const above = ascending[Math.min(last, low + 1)] as number;
  return below + (above - below) * (place - low);
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

function deviationOf(values: Float64Array, mean: number): number {
  if (values.length < 2) return 0;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}
