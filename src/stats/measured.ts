// How long a run measured: what rates are divided by, the same for the HQ that judges a run and for
// everything that shows it.

import type { Aggregate } from "./aggregate.ts";
import { CELL_KIND } from "./cell.ts";

const US_PER_S = 1_000_000;

/**
 * Until the last transaction finished, but not less than was asked for, unless the run ended before.
 * Draining after the end is not measured time. `spanS` ends the last second that has a value.
 */
export function measuredSeconds(run: {
  readonly spanS: number;
  readonly runTimeUs: number | undefined;
  readonly durationUs: number | undefined;
}): number {
  const { spanS, runTimeUs, durationUs } = run;
  if (durationUs === undefined) return spanS;
  const durationS = durationUs / US_PER_S;
  const askedS = Math.min(runTimeUs === undefined ? 0 : runTimeUs / US_PER_S, durationS);
  return Math.max(askedS, Math.min(spanS, durationS));
}

/** The same for a run that goes on, or has just ended, from what its HQ has counted. */
export function measuredSoFar(run: {
  readonly aggregate: Pick<Aggregate, "lastSecondOf">;
  readonly runTimeUs: number;
  readonly durationUs: number;
}): number {
  const { aggregate, runTimeUs, durationUs } = run;
  const spanS = aggregate.lastSecondOf(CELL_KIND.timer, "") + 1;
  return measuredSeconds({ spanS, runTimeUs, durationUs });
}
