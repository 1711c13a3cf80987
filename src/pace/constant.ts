// Evenly spaced arrivals: arrival k starts k / rate after the start, the first at once.

import { assert } from "../base/assert.ts";
import { US_PER_S } from "../base/units.ts";
import { type Arrivals, wholeArrivals } from "./arrivals.ts";

export interface ConstantOptions {
  readonly ratePerSec: number;
  readonly durationUs: number;
}

export function constantArrivals(options: ConstantOptions): Arrivals {
  const { ratePerSec, durationUs } = options;
  assert(ratePerSec >= 0 && durationUs >= 0, "rate and duration are not negative");
  return {
    count: wholeArrivals((ratePerSec * durationUs) / US_PER_S),
    durationUs,
    timeUs: (k) => Math.floor((k * US_PER_S) / ratePerSec),
    rateAt: (tUs) => (tUs >= 0 && tUs < durationUs ? ratePerSec : 0),
  };
}
