// The whole distribution of a latency for an axis that gives each further nine the same room, as
// HdrHistogram's plots have it: 50, 90, 99, 99.9 %, until one value is left.

import { Histogram } from "../stats/histogram.ts";
import type { StoredTotal } from "../store/results.ts";
import type { DistributionModel } from "./detail-types.ts";
import { percentileOf } from "./exact.ts";

const PER_DECADE = 10;
/** Nines: further ones are a handful of values of a thousand million. */
const DECADES_MAX = 8;

/** Undefined where there are no values. */
export function distributionOf(total: StoredTotal | undefined): DistributionModel | undefined {
  if (total === undefined || total.count === 0) return undefined;
  // One step more than the last that tells two values apart: it is the highest.
  const last = Math.ceil(Math.min(DECADES_MAX, Math.log10(total.count)) * PER_DECADE) + 1;
  const percents = Array.from({ length: last + 1 }, (_, i) => 100 - 100 / 10 ** (i / PER_DECADE));
  return { perDecade: PER_DECADE, valuesUs: valuesAt(total, percents) };
}

function valuesAt(total: StoredTotal, percents: readonly number[]): number[] {
  const { valuesS, histogram, min, max } = total;
  if (valuesS !== undefined) {
    const sorted = Float64Array.from(valuesS).sort();
    return percents.map((percent) => percentileOf(sorted, percent) * 1e6);
  }
  if (histogram === undefined) return [];
  return Histogram.fromPayload(histogram)
    .percentiles(percents)
    .map((value) => Math.max(min, Math.min(max, value)));
}
