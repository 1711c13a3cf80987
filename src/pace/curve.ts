// A rate over time in straight pieces, its integral and the inverse of that, all in closed form: no
// step is taken, so nothing drifts however long the run.
//
// In a piece of d seconds from rate a to rate b, t seconds after its start:
//
//   rate     a + (b - a) t / d
//   integral x = a t + (b - a) t^2 / 2d
//   inverse  t = 2x / (a + sqrt(a^2 + 2x (b - a) / d))      (no cancellation, also for a = b or a = 0)

import { assert } from "../base/assert.ts";
import { US_PER_S } from "../base/units.ts";
import { snapped } from "./arrivals.ts";

/** A straight piece of a rate; pieces follow each other without a gap. */
export interface RateSegment {
  readonly durationUs: number;
  readonly fromPerSec: number;
  readonly toPerSec: number;
}

interface Piece extends RateSegment {
  readonly startUs: number;
  /** Integral of all pieces before. */
  readonly startCount: number;
}

export class RateCurve {
  readonly durationUs: number;
  /** Integral of the whole curve: the expected number of arrivals. */
  readonly expected: number;
  readonly #pieces: readonly Piece[];

  constructor(segments: readonly RateSegment[]) {
    const pieces: Piece[] = [];
    let startUs = 0;
    let startCount = 0;
    for (const segment of segments) {
      const { durationUs, fromPerSec, toPerSec } = segment;
      assert(
        durationUs >= 0 && fromPerSec >= 0 && toPerSec >= 0,
        "durations and rates of a curve are not negative",
      );
      if (durationUs === 0) continue;
      pieces.push({ ...segment, startUs, startCount });
      startUs += durationUs;
      startCount = snapped(startCount + ((fromPerSec + toPerSec) / 2) * (durationUs / US_PER_S));
    }
    this.#pieces = pieces;
    this.durationUs = startUs;
    this.expected = startCount;
  }

  /** Arrivals per second at a time; 0 outside the curve. At a jump, the later rate. */
  rateAt(tUs: number): number {
    if (tUs < 0 || tUs >= this.durationUs) return 0;
    const piece = this.#pieces[this.#lastAtMost(tUs, "startUs")];
    if (piece === undefined) return 0;
    const { fromPerSec, toPerSec, startUs, durationUs } = piece;
    return fromPerSec + ((toPerSec - fromPerSec) * (tUs - startUs)) / durationUs;
  }

  /** Expected arrivals before a time. */
  countAt(tUs: number): number {
    if (tUs <= 0) return 0;
    if (tUs >= this.durationUs) return this.expected;
    const piece = this.#pieces[this.#lastAtMost(tUs, "startUs")];
    if (piece === undefined) return 0;
    const { fromPerSec, toPerSec, durationUs } = piece;
    const t = (tUs - piece.startUs) / US_PER_S;
    const slope = (toPerSec - fromPerSec) / (durationUs / US_PER_S);
    return piece.startCount + fromPerSec * t + (slope * t * t) / 2;
  }

  /** When the integral reaches `count`; a pause counts as passed. Not whole microseconds. */
  timeAtUs(count: number): number {
    const piece = this.#pieces[this.#lastAtMost(count, "startCount")];
    if (piece === undefined) return 0;
    const { fromPerSec, toPerSec, durationUs, startUs } = piece;
    const x = count - piece.startCount;
    if (x <= 0) return startUs;
    const slope = (toPerSec - fromPerSec) / (durationUs / US_PER_S);
    const root = Math.sqrt(Math.max(0, fromPerSec * fromPerSec + 2 * x * slope));
    const t = (2 * x) / (fromPerSec + root);
    return startUs + Math.min(t * US_PER_S, durationUs);
  }

  // The last piece whose `key` is not above `value`: with equal counts that is the piece after a pause.
  #lastAtMost(value: number, key: "startUs" | "startCount"): number {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#pieces[middle] as Piece)[key] <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
