// Figures of one name over the whole run, as the report computes them: the same summary of the same
// histogram, and the same seconds that rates are divided by.

import { CELL_KIND } from "../stats/cell.ts";
import { headlineClock } from "../stats/headline.ts";
import { summarise } from "../stats/summary.ts";
import type { CellTotal } from "../stats/tally.ts";
import type { LiveClock, LiveFigures } from "./types.ts";

type Totals = { total(kind: CellTotal["kind"], name: string): CellTotal | undefined };

/** The clock of the headline and what it counted. */
export function headline(totals: Totals): { clock: LiveClock; total: CellTotal | undefined } {
  const response = totals.total(CELL_KIND.response, "");
  const service = totals.total(CELL_KIND.timer, "");
  const counts = { response: response?.count ?? 0, service: service?.count ?? 0 };
  const clock = headlineClock(counts);
  return { clock, total: clock === "response" ? response : service };
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
