// Arrivals whose rate changes in straight ramps: arrival k starts when the integral of the rate
// reaches k.

import { type Arrivals, wholeArrivals } from "./arrivals.ts";
import { RateCurve, type RateSegment } from "./curve.ts";

export function linearArrivals(segments: readonly RateSegment[]): Arrivals {
  const curve = new RateCurve(segments);
  return {
    count: wholeArrivals(curve.expected),
    durationUs: curve.durationUs,
    timeUs: (k) => Math.floor(curve.timeAtUs(k)),
    rateAt: (tUs) => curve.rateAt(tUs),
  };
}
