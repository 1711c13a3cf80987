// Poisson arrivals of a rate that may change, with random access: an exact non-homogeneous Poisson
// process in which arrival k is found in about log2(count) steps, without those before it.
//
// On the axis of the rate's integral the process has rate 1, and once the number N of arrivals is
// known they lie as N sorted uniform numbers. The middle one of a stretch is beta distributed, and
// splits it into two stretches of the same kind: the search for k halves its way down, and because
// every k is the middle of exactly one stretch, its draw is the random stream of k itself. The path of
// the last search is kept, so that going through ascending k costs a step or two each.

import { Random } from "../base/random.ts";
import { type Arrivals, PACE_STREAM } from "./arrivals.ts";
import { RateCurve, type RateSegment } from "./curve.ts";
import { poissonCount, uniformOfRank } from "./draws.ts";

export interface PoissonOptions {
  readonly seed: number;
  readonly segments: readonly RateSegment[];
  /** True: exactly the expected number of arrivals, at random times. Otherwise it is drawn, too. */
  readonly hasExactCount?: boolean;
}

/** Arrivals `first` to `end` - 1 lie between `low` and `high` on the unit axis. */
interface Stretch {
  readonly first: number;
  readonly end: number;
  readonly low: number;
  readonly high: number;
}

export function poissonArrivals(options: PoissonOptions): Arrivals {
  const { seed } = options;
  const curve = new RateCurve(options.segments);
  const count =
    options.hasExactCount === true
      ? Math.round(curve.expected)
      : poissonCount(new Random(seed, 0, PACE_STREAM.arrivalCount), curve.expected);
  const path: Stretch[] = [{ first: 0, end: count, low: 0, high: 1 }];
  return {
    count,
    durationUs: curve.durationUs,
    timeUs: (k) => Math.floor(curve.timeAtUs(positionOf(seed, k, path) * curve.expected)),
    rateAt: (tUs) => curve.rateAt(tUs),
  };
}

// Place of arrival k on the unit axis. `path` is the whole axis and the stretches of the last search.
function positionOf(seed: number, k: number, path: Stretch[]): number {
  while (path.length > 1 && !holds(path[path.length - 1] as Stretch, k)) path.pop();
  let stretch = path[path.length - 1] as Stretch;
  for (;;) {
    const { first, end, low, high } = stretch;
    const middle = first + Math.floor((end - first - 1) / 2);
    const random = new Random(seed, middle, PACE_STREAM.arrivalTime);
    const share = uniformOfRank(random, middle - first + 1, end - first);
    const at = low + (high - low) * share;
    if (k === middle) return at;
    stretch =
      k < middle
        ? { first, end: middle, low, high: at }
        : { first: middle + 1, end, low: at, high };
    path.push(stretch);
  }
}

function holds(stretch: Stretch, k: number): boolean {
  return k >= stretch.first && k < stretch.end;
}
