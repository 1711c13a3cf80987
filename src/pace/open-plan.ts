// Arrivals of an open load whose rate is changed while it goes. The plan is a row of pieces, one for
// each change: a piece's arrivals begin at its instant and go on with the number where the piece before
// was left, so what was due before a change stays as it was, and no number is missed or used twice.
//
// Even spacing keeps the integral: arrival k starts when all pieces together have reached k. A Poisson
// process has no memory, so each piece is one of its own, from a seed of its own.

import { hash32 } from "../base/random.ts";
import { type Arrivals, PACE_STREAM, wholeArrivals } from "./arrivals.ts";
import type { LoadChange } from "./control.ts";
import { RateCurve, type RateSegment } from "./curve.ts";
import { linearArrivals } from "./linear.ts";
import { poissonArrivals } from "./poisson.ts";

export interface OpenPlan {
  readonly segments: readonly RateSegment[];
  readonly spacing: "even" | "poisson";
  readonly hasExactCount: boolean;
  readonly seed: number;
  /** A constant lasts until here, or until the end of the segments where that is later. */
  readonly endUs: number;
  /** In order; not together with `hasExactCount`. */
  readonly changes: readonly LoadChange[];
  /** The rates, planned and changed, are of one of so many that fire the plan together. */
  readonly times: number;
}

interface Piece {
  readonly fromUs: number;
  readonly firstK: number;
  readonly curve: RateCurve;
  /** The integral of all pieces before. */
  readonly before: number;
  /** Arrivals if nothing comes after; arrival `firstK + j` is at `timeUs(j)`. */
  readonly count: number;
  timeUs(j: number): number;
}

export function openArrivals(plan: OpenPlan): Arrivals {
  const segments = scaled(plan.segments, plan.times);
  const first = firstPiece(plan, segments);
  const pieces: Piece[] = [first];
  for (const [i, change] of plan.changes.entries()) {
    pieces.push(nextPiece(pieces[pieces.length - 1] as Piece, { plan, segments, change, i }));
  }
  const last = pieces[pieces.length - 1] as Piece;
  if (pieces.length === 1) return arrivalsOfPiece(first);
  return {
    count: last.firstK + last.count,
    durationUs: last.fromUs + last.curve.durationUs,
    timeUs(k) {
      const piece = pieces[lastFrom(pieces, (one) => one.firstK <= k)] as Piece;
      return piece.timeUs(k - piece.firstK);
    },
    rateAt(tUs) {
      const piece = pieces[lastFrom(pieces, (one) => one.fromUs <= tUs)] as Piece;
      return piece.curve.rateAt(tUs - piece.fromUs);
    },
  };
}

function arrivalsOfPiece({ count, curve, timeUs }: Piece): Arrivals {
  return { count, durationUs: curve.durationUs, timeUs, rateAt: (tUs) => curve.rateAt(tUs) };
}

// The newest piece is the one that is asked for.
function lastFrom(pieces: readonly Piece[], holds: (piece: Piece) => boolean): number {
  let i = pieces.length - 1;
  while (i > 0 && !holds(pieces[i] as Piece)) i--;
  return i;
}

function firstPiece(plan: OpenPlan, segments: readonly RateSegment[]): Piece {
  const { spacing, seed, hasExactCount } = plan;
  const arrivals =
    spacing === "even"
      ? linearArrivals(segments)
      : poissonArrivals({ seed, segments, hasExactCount });
  const { count, timeUs } = arrivals;
  return { fromUs: 0, firstK: 0, curve: new RateCurve(segments), before: 0, count, timeUs };
}

interface Next {
  readonly plan: OpenPlan;
  readonly segments: readonly RateSegment[];
  readonly change: LoadChange;
  readonly i: number;
}

function nextPiece(previous: Piece, next: Next): Piece {
  const { plan, segments, change, i } = next;
  const fromUs = Math.max(change.planUs, previous.fromUs);
  const firstK = previous.firstK + countBefore(previous, fromUs);
  const before = previous.before + previous.curve.countAt(fromUs - previous.fromUs);
  const rest = changedRest({ segments, change, fromUs, endUs: plan.endUs, times: plan.times });
  const curve = new RateCurve(rest);
  if (plan.spacing === "poisson") {
    const seed = hash32(plan.seed, i + 1, PACE_STREAM.change);
    const { count, timeUs } = poissonArrivals({ seed, segments: rest });
    return { fromUs, firstK, curve, before, count, timeUs: (j) => fromUs + timeUs(j) };
  }
  const count = Math.max(0, wholeArrivals(before + curve.expected) - firstK);
  const timeUs = (j: number) => {
    const missing = firstK + j - before;
    return fromUs + (missing <= 0 ? 0 : Math.floor(curve.timeAtUs(missing)));
  };
  return { fromUs, firstK, curve, before, count, timeUs };
}

/** Arrivals of a piece that are due before `untilUs`. */
function countBefore(piece: Piece, untilUs: number): number {
  let low = 0;
  let high = piece.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (piece.timeUs(middle) < untilUs) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Rest {
  readonly segments: readonly RateSegment[];
  readonly change: LoadChange;
  readonly fromUs: number;
  readonly endUs: number;
  readonly times: number;
}

// What is fired from `fromUs` on, by a curve that begins there.
function changedRest(rest: Rest): RateSegment[] {
  const { segments, change, fromUs, times } = rest;
  if (change.isPercent) return scaled(restOf(segments, fromUs), change.value / 100);
  const planUs = segments.reduce((sum, segment) => sum + segment.durationUs, 0);
  const durationUs = Math.max(0, Math.max(planUs, rest.endUs) - fromUs);
  const ratePerSec = change.value * times;
  return [{ durationUs, fromPerSec: ratePerSec, toPerSec: ratePerSec }];
}

function restOf(segments: readonly RateSegment[], fromUs: number): RateSegment[] {
  const rest: RateSegment[] = [];
  let startUs = 0;
  for (const segment of segments) {
    const { durationUs, fromPerSec, toPerSec } = segment;
    const cutUs = Math.min(durationUs, Math.max(0, fromUs - startUs));
    startUs += durationUs;
    if (cutUs >= durationUs) continue;
    const atCut = fromPerSec + ((toPerSec - fromPerSec) * cutUs) / durationUs;
    rest.push({ durationUs: durationUs - cutUs, fromPerSec: atCut, toPerSec });
  }
  return rest;
}

function scaled(segments: readonly RateSegment[], times: number): RateSegment[] {
  return segments.map(({ durationUs, fromPerSec, toPerSec }) => {
    return { durationUs, fromPerSec: fromPerSec * times, toPerSec: toPerSec * times };
  });
}
