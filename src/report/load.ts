// What the generator had at once over the run: cannons, and transactions in flight. Every thread tells
// its own once a second, and stats/gauges.ts says how these add up.

import { CELL_KIND, GAUGE } from "../stats/cell.ts";
import { gaugeLevel } from "../stats/gauges.ts";
import { chartIntervalS } from "../stats/series.ts";
import type { Results } from "../store/results.ts";
import type { LoadModel } from "./detail-types.ts";
import { type Column, REPORT_LIMIT } from "./types.ts";

/** Undefined where no turret told. */
export function loadModel(
  results: Results,
  measuredS: number,
  intervalS: number,
): LoadModel | undefined {
  const baseS = Math.max(1, results.facts.baseIntervalS);
  const stepS = chartIntervalS({
    durationS: measuredS,
    intervalS: Math.ceil(intervalS / baseS) * baseS,
    pointsMax: REPORT_LIMIT.points,
  });
  const columnOf = (name: string) => gaugeColumn({ results, name, stepS, measuredS, baseS });
  const cannons = columnOf(GAUGE.cannons);
  const inFlight = columnOf(GAUGE.inFlight);
  const isKnown = [...cannons, ...inFlight].some((value) => value !== null);
  return isKnown ? { stepS, cannons, inFlight } : undefined;
}

function gaugeColumn(of: {
  readonly results: Results;
  readonly name: string;
  readonly stepS: number;
  readonly measuredS: number;
  readonly baseS: number;
}): Column {
  const { results, name, stepS, measuredS, baseS } = of;
  const endS = Math.max(1, Math.ceil(measuredS));
  const steps = Array.from({ length: Math.ceil(endS / stepS) }, () => {
    return { count: 0, sum: 0, seconds: 0 };
  });
  for (const { second, count, sum } of results.intervals(CELL_KIND.gauge, name)) {
    const step = steps[Math.floor(second / stepS)];
    // What is told after the end is of a generator that has stopped.
    if (step === undefined || second >= endS) continue;
    step.count += count;
    step.sum += sum;
    step.seconds += Math.min(baseS, endS - second);
  }
  return steps.map((step) => gaugeLevel(step, step.seconds) ?? null);
}
