// Arrivals of an open load: when each transaction is meant to start, whoever fires it. Everything in
// pace/ is a pure function of (seed, k, curve): arrival k has its time, its data row and its random
// numbers without regard to the arrivals before it, so 1 or 1,000 turrets make the same load.

export interface Arrivals {
  /** Arrivals k are 0 to count - 1. */
  readonly count: number;
  readonly durationUs: number;
  /** Intended start of arrival k in whole microseconds from the start; never falls as k grows. */
  timeUs(k: number): number;
  /** Planned arrivals per second at a time; 0 outside the plan. */
  rateAt(tUs: number): number;
}

/** Streams of random numbers under the run's seed, one for each purpose: never reuse a number. */
export const PACE_STREAM = {
  script: 1,
  row: 2,
  arrivalTime: 3,
  arrivalCount: 4,
  change: 5,
} as const;

/**
 * How many whole arrivals an expected number is: arrival k exists while k is below it. What rounding
 * adds to a product such as 0.1 * 30 must not become an arrival.
 */
export function wholeArrivals(expected: number): number {
  return Math.max(0, Math.ceil(expected - roundingOf(expected)));
}

/** `expected`, or the whole number that rounding kept it from. */
export function snapped(expected: number): number {
  const whole = Math.round(expected);
  return Math.abs(expected - whole) <= roundingOf(expected) ? whole : expected;
}

function roundingOf(expected: number): number {
  return 1e-9 + expected * 1e-12;
}
