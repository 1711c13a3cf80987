// Figures of one name over the whole run, as the report computes them: the same summary of the same
// histogram, and the same seconds that rates are divided by.

import { CELL_KIND } from "../stats/cell.ts";
import { summarise } from "../stats/summary.ts";
import type { CellTotal } from "../stats/tally.ts";
import type { LiveClock, LiveFigures } from "./types.ts";

type Totals = { total(kind: CellTotal["kind"], name: string): CellTotal | undefined };

/** The clock of the headline: response time where transactions had an intended start. */
export function headline(totals: Totals): { clock: LiveClock; total: CellTotal | undefined } {
  const response = totals.total(CELL_KIND.response, "");
  if (response !== undefined && response.count > 0) return { clock: "response", total: response };
  return { clock: "service", total: totals.total(CELL_KIND.timer, "") };
}

/** Zeros and nulls for what has no value yet. */
export function figuresOf(total: CellTotal | undefined, measuredS: number): LiveFigures {
  if (total === undefined || total.count === 0) return NONE;
  const { count, errorCount, meanUs, minUs, maxUs, p50Us, p90Us, p95Us, p99Us } = summarise(total);
  return {
    count,
    errorCount,
    errorPercent: (errorCount / count) * 100,
    ratePerSec: measuredS > 0 ? count / measuredS : 0,
    mean: meanUs,
    min: minUs,
    p50: p50Us,
    p90: p90Us,
    p95: p95Us,
    p99: p99Us,
    max: maxUs,
  };
}

const NONE: LiveFigures = {
  count: 0,
  errorCount: 0,
  errorPercent: 0,
  ratePerSec: 0,
  mean: null,
  min: null,
  p50: null,
  p90: null,
  p95: null,
  p99: null,
  max: null,
};
