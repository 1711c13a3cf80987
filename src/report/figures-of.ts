// The figures of one name from its totals: of histograms, or of the values themselves in an old file.

import { Histogram } from "../stats/histogram.ts";
import { type Summary, summarise } from "../stats/summary.ts";
import type { StoredTotal } from "../store/results.ts";
import { exactSummary } from "./exact.ts";
import type { Figures } from "./types.ts";

/** All zeros where there is nothing. */
export function figuresOf(total: StoredTotal | undefined, measuredS: number): Figures {
  const summary = total === undefined ? EMPTY : summaryOf(total);
  const { count, errorCount } = summary;
  return {
    ...summary,
    ratePerSec: measuredS > 0 ? count / measuredS : 0,
    errorPercent: count === 0 ? 0 : (errorCount / count) * 100,
  };
}

function summaryOf(total: StoredTotal): Summary {
  if (total.valuesS !== undefined) {
    return exactSummary(Float64Array.from(total.valuesS), total.errorCount);
  }
  const histogram =
    total.histogram === undefined ? undefined : Histogram.fromPayload(total.histogram);
  return summarise({ ...total, histogram });
}

const EMPTY: Summary = {
  count: 0,
  errorCount: 0,
  meanUs: 0,
  minUs: 0,
  maxUs: 0,
  stdevUs: 0,
  p50Us: 0,
  p75Us: 0,
  p80Us: 0,
  p90Us: 0,
  p95Us: 0,
  p99Us: 0,
  p999Us: 0,
};
