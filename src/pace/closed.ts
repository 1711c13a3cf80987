// Closed loads: cannons that repeat the script one transaction after the other. The plan says how many
// loop at a time and, the same thing seen from the other side, when each of them starts and stops.
//
// The wanted number L is a line in each stage. Cannon i (from 0) loops while L > i, so on a ramp from 0
// it starts when L passes i: the first at once, the others evenly, cannons / ramp duration a second.
// On the way down it stops when L comes back to i: the last at the very end.

import { assert } from "../base/assert.ts";

/** A straight piece of the wanted number of cannons; a step is two stages that do not meet. */
export interface CannonStage {
  readonly durationUs: number;
  readonly fromCannons: number;
  readonly toCannons: number;
}

/** Time during which a cannon loops: it starts no transaction at or after the end. */
export interface CannonSpan {
  readonly startUs: number;
  readonly endUs: number;
}

export interface ClosedPlan {
  /** Cannons are 0 to cannonsMax - 1. */
  readonly cannonsMax: number;
  readonly durationUs: number;
  cannonsAt(tUs: number): number;
  /** In order and apart; empty for a cannon that the plan ends before. */
  spansOf(cannon: number): CannonSpan[];
}

interface PlacedStage extends CannonStage {
  readonly startUs: number;
}

/** The plan of `stages`, cut at `durationUs` where they last longer. */
export function closedPlan(stages: readonly CannonStage[], durationUs: number): ClosedPlan {
  const placed: PlacedStage[] = [];
  let startUs = 0;
  for (const stage of stages) {
    const isWhole = Number.isInteger(stage.fromCannons) && Number.isInteger(stage.toCannons);
    assert(isWhole && stage.durationUs >= 0, "stages have whole cannons and a duration");
    if (stage.durationUs > 0) placed.push({ ...stage, startUs });
    startUs += stage.durationUs;
  }
  const ends = placed.flatMap((stage) => [stage.fromCannons, stage.toCannons]);
  const plan = { stages: placed, endUs: Math.min(startUs, durationUs) };
  return {
    cannonsMax: Math.max(0, ...ends),
    durationUs: plan.endUs,
    cannonsAt: (tUs) => cannonsAt(plan, tUs),
    spansOf: (cannon) => spansOf(plan, cannon),
  };
}

/** OCT's ramp-up: `cannons` within `rampupUs`, all at once if that is 0, then held. */
export function rampUpPlan(options: {
  readonly cannons: number;
  readonly rampupUs: number;
  readonly durationUs: number;
}): ClosedPlan {
  const { cannons, rampupUs, durationUs } = options;
  const ramp = { durationUs: rampupUs, fromCannons: 0, toCannons: cannons };
  const holdUs = Math.max(0, durationUs - rampupUs);
  const hold = { durationUs: holdUs, fromCannons: cannons, toCannons: cannons };
  return closedPlan([ramp, hold], durationUs);
}

/** Start of a cannon in OCT's ramp-up; the same as its span in `rampUpPlan`. */
export function cannonStartUs(options: {
  readonly cannon: number;
  readonly cannons: number;
  readonly rampupUs: number;
}): number {
  return Math.ceil((options.cannon * options.rampupUs) / options.cannons);
}

/** The run's number of a cannon's iteration where every cannon makes the same number of them. */
export function iterationK(options: {
  readonly cannon: number;
  readonly iteration: number;
  readonly cannons: number;
}): number {
  return options.iteration * options.cannons + options.cannon;
}

interface Plan {
  readonly stages: readonly PlacedStage[];
  readonly endUs: number;
}

function cannonsAt(plan: Plan, tUs: number): number {
  if (tUs < 0 || tUs >= plan.endUs) return 0;
  const stage = plan.stages.findLast((candidate) => candidate.startUs <= tUs);
  if (stage === undefined) return 0;
  const { fromCannons, toCannons, durationUs, startUs } = stage;
  const change = Math.abs(toCannons - fromCannons);
  const passed = Math.floor(((tUs - startUs) * change) / durationUs);
  if (toCannons > fromCannons) return fromCannons + Math.min(change, passed + 1);
  return fromCannons - passed;
}

function spansOf(plan: Plan, cannon: number): CannonSpan[] {
  const spans: CannonSpan[] = [];
  for (const stage of plan.stages) {
    const found = spanIn(stage, cannon);
    if (found === undefined) continue;
    const span = { startUs: found.startUs, endUs: Math.min(found.endUs, plan.endUs) };
    if (span.startUs >= span.endUs) continue;
    const last = spans.at(-1);
    if (last?.endUs === span.startUs) spans[spans.length - 1] = { ...last, endUs: span.endUs };
    else spans.push(span);
  }
  return spans;
}

// When the stage's line is above `cannon`. Whole microseconds, rounded up on both sides, so that
// "started and not ended" agrees with cannonsAt at every whole time.
function spanIn(stage: PlacedStage, cannon: number): CannonSpan | undefined {
  const { fromCannons: from, toCannons: to, durationUs, startUs } = stage;
  const endUs = startUs + durationUs;
  if (from <= cannon && to <= cannon) return undefined;
  if (from > cannon && to > cannon) return { startUs, endUs };
  const crossUs = startUs + Math.ceil((Math.abs(cannon - from) * durationUs) / Math.abs(to - from));
  return to > from ? { startUs: crossUs, endUs } : { startUs, endUs: crossUs };
}
