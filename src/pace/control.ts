// What was asked of a run while it fires, as pure data: the list of its control segments, each
// effective at an instant of run time. The list only grows, and whoever has all of it knows the whole
// schedule: HQ, turrets, threads and the report make the same of it.

import { type Pause, Timeline } from "./timeline.ts";

export const CONTROL_LIMIT = {
  /** Segments of a run. */
  segments: 1_000,
  /** A plan may be multiplied by so much. */
  percent: 100_000,
  /** A pause that is longer ends the run. */
  pauseUs: 10 * 60 * 1_000_000,
} as const;

export type ControlKind = "pause" | "resume" | "cannons" | "rate";
export const CONTROL_KINDS: readonly ControlKind[] = ["pause", "resume", "cannons", "rate"];

export interface ControlSegment {
  /** Since the start of the run; no segment comes before one that is earlier in the list. */
  readonly atUs: number;
  readonly kind: ControlKind;
  /** Name of the definition it is for; "" for all that it can be for. */
  readonly definition: string;
  /** Cannons, arrivals a second, or percent of the plan; 0 for pause and resume. */
  readonly value: number;
  readonly isPercent: boolean;
}

/** From a plan time on, the load is a constant, or so many times its plan. */
export interface LoadChange {
  readonly planUs: number;
  readonly value: number;
  readonly isPercent: boolean;
}

export function timelineOf(segments: readonly ControlSegment[]): Timeline {
  const pauses: Pause[] = [];
  let sinceUs: number | undefined;
  for (const { kind, atUs } of segments) {
    if (kind === "pause") sinceUs ??= atUs;
    if (kind !== "resume" || sinceUs === undefined) continue;
    pauses.push({ atUs: sinceUs, untilUs: atUs });
    sinceUs = undefined;
  }
  if (sinceUs !== undefined) pauses.push({ atUs: sinceUs, untilUs: Number.POSITIVE_INFINITY });
  return new Timeline(pauses);
}

/** The changes of one definition's load, in plan time. */
export function changesOf(
  segments: readonly ControlSegment[],
  load: { readonly kind: "cannons" | "rate"; readonly definition: string },
): LoadChange[] {
  const timeline = timelineOf(segments);
  return segments
    .filter(({ kind, definition }) => {
      return kind === load.kind && (definition === "" || definition === load.definition);
    })
    .map(({ atUs, value, isPercent }) => {
      return { planUs: timeline.planUs(atUs), value, isPercent };
    });
}
