// The final numbers of one name: plain, in microseconds, ready to print.

import type { CellTotal } from "./tally.ts";

/** The percentiles that are shown everywhere, in order. */
export const SUMMARY_PERCENTS = [50, 75, 80, 90, 95, 99, 99.9] as const;

export interface Summary {
  readonly count: number;
  readonly errorCount: number;
  /** Exact. */
  readonly meanUs: number;
  readonly minUs: number;
  readonly maxUs: number;
  /** Standard deviation of the sample (n - 1); 0 for fewer than two values. */
  readonly stdevUs: number;
  /** Percentiles are within 0.1 % and never outside minimum and maximum. */
  readonly p50Us: number;
  readonly p75Us: number;
  readonly p80Us: number;
  readonly p90Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
}

/** Summary of durations; all zeros for none. */
export function summarise(total: Omit<CellTotal, "kind" | "name">): Summary {
  const { count, errorCount, min, max } = total;
  const found = total.histogram?.percentiles(SUMMARY_PERCENTS) ?? [];
  const at = (i: number) => Math.max(min, Math.min(max, found[i] ?? 0));
  return {
    count,
    errorCount,
    meanUs: count === 0 ? 0 : total.sum / count,
    minUs: min,
    maxUs: max,
    stdevUs: sampleDeviation(total),
    p50Us: at(0),
    p75Us: at(1),
    p80Us: at(2),
    p90Us: at(3),
    p95Us: at(4),
    p99Us: at(5),
    p999Us: at(6),
  };
}

/** Standard deviation with n - 1 from the sums; 0 for fewer than two values. */
export function sampleDeviation(sums: {
  readonly count: number;
  readonly sum: number;
  readonly sumSquares: number;
}): number {
  const { count, sum, sumSquares } = sums;
  if (count < 2) return 0;
  return Math.sqrt(Math.max(0, sumSquares - (sum / count) * sum) / (count - 1));
}
