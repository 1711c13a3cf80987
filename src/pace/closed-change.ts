// A closed load whose number of cannons is changed while it goes. Each change begins a piece with a plan
// of its own; a cannon's spans are those of the pieces, cut at the changes and joined where they meet.

import { type CannonSpan, type CannonStage, type ClosedPlan, closedPlan } from "./closed.ts";
import type { LoadChange } from "./control.ts";

export interface ChangedCannons {
  readonly stages: readonly CannonStage[];
  /** A constant lasts until here. */
  readonly endUs: number;
  /** In order. */
  readonly changes: readonly LoadChange[];
  /** Beyond it there is none, whatever a change says. */
  readonly cannonsMax: number;
}

interface Piece {
  readonly fromUs: number;
  readonly untilUs: number;
  readonly plan: ClosedPlan;
}

export function changedCannons(parts: ChangedCannons): ClosedPlan {
  const { stages, endUs, changes } = parts;
  const first = closedPlan(stages, endUs);
  if (changes.length === 0) return first;
  const plans = [{ fromUs: 0, plan: first }];
  for (const change of changes) plans.push({ fromUs: change.planUs, plan: planOf(change, parts) });
  const pieces = plans.map((piece, i): Piece => {
    return { ...piece, untilUs: plans[i + 1]?.fromUs ?? Number.POSITIVE_INFINITY };
  });
  const used = pieces.filter((piece) => piece.untilUs > piece.fromUs && piece.fromUs < endUs);
  return {
    cannonsMax: used.reduce((most, { plan }) => Math.max(most, plan.cannonsMax), 0),
    durationUs: used.at(-1)?.plan.durationUs ?? 0,
    cannonsAt(tUs) {
      return used.findLast((piece) => piece.fromUs <= tUs)?.plan.cannonsAt(tUs) ?? 0;
    },
    spansOf: (cannon) => joined(used.flatMap((piece) => cutSpans(piece, cannon))),
  };
}

function planOf(change: LoadChange, parts: ChangedCannons): ClosedPlan {
  const { stages, endUs, cannonsMax } = parts;
  const whole = (value: number) => Math.min(cannonsMax, Math.max(0, Math.round(value)));
  if (!change.isPercent) {
    const cannons = whole(change.value);
    return closedPlan([{ durationUs: endUs, fromCannons: cannons, toCannons: cannons }], endUs);
  }
  const times = change.value / 100;
  const scaled = stages.map(({ durationUs, fromCannons, toCannons }) => {
    return {
      durationUs,
      fromCannons: whole(fromCannons * times),
      toCannons: whole(toCannons * times),
    };
  });
  return closedPlan(scaled, endUs);
}

function cutSpans({ fromUs, untilUs, plan }: Piece, cannon: number): CannonSpan[] {
  return plan
    .spansOf(cannon)
    .map(({ startUs, endUs }) => {
      return { startUs: Math.max(startUs, fromUs), endUs: Math.min(endUs, untilUs) };
    })
    .filter((span) => span.startUs < span.endUs);
}

function joined(spans: readonly CannonSpan[]): CannonSpan[] {
  const found: CannonSpan[] = [];
  for (const span of spans) {
    const last = found.at(-1);
    if (last?.endUs === span.startUs) found[found.length - 1] = { ...last, endUs: span.endUs };
    else found.push(span);
  }
  return found;
}
