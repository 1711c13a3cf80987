// A threshold held against what was measured: totals of a run that goes on, or of one that is over.
// What was not measured keeps to nothing: a timer that never came, a check that was never made, a share
// of no transactions. A counter that nobody touched, and the errors and the rate of no transactions,
// are 0.

import { formatCount, formatMs, formatPercent, formatPerSec } from "../base/units.ts";
import { CELL_KIND } from "./cell.ts";
import type { CellTotal } from "./tally.ts";
import type { Comparison, Measure, Threshold, ThresholdUnit } from "./threshold.ts";

type Total = Omit<CellTotal, "kind" | "name">;

export interface MeasuredRun {
  total(kind: CellTotal["kind"], name: string): Total | undefined;
  /** What rates are divided by. */
  readonly measuredS: number;
}

export interface ThresholdResult {
  readonly text: string;
  readonly comparison: Comparison;
  readonly limit: number;
  readonly unit: ThresholdUnit;
  /** Undefined where nothing was measured. */
  readonly measured: number | undefined;
  /** Which time a duration is; undefined for what is no duration. */
  readonly clock: "response" | "service" | undefined;
  readonly holds: boolean;
  readonly isAborting: boolean;
}

type Measured = Pick<ThresholdResult, "measured" | "clock">;

export function checkThreshold(threshold: Threshold, run: MeasuredRun): ThresholdResult {
  const { text, comparison, limit, unit, isAborting } = threshold;
  const found = measure(threshold, run);
  const { measured } = found;
  const holds = measured !== undefined && compare(measured, comparison, limit);
  return { text, comparison, limit, unit, ...found, holds, isAborting };
}

function measure({ measure: what, name, unit }: Threshold, run: MeasuredRun): Measured {
  const none = { clock: undefined } as const;
  switch (what.kind) {
    case "duration":
      return durationOf(what, name, run);
    case "errors": {
      const total = run.total(CELL_KIND.timer, name);
      if (unit === "count") return { measured: total?.errorCount ?? 0, ...none };
      return { measured: percentOf(total?.errorCount, total?.count), ...none };
    }
    case "check": {
      const total = run.total(CELL_KIND.check, name);
      const passed = (total?.count ?? 0) - (total?.errorCount ?? 0);
      return { measured: percentOf(passed, total?.count), ...none };
    }
    case "rate": {
      const count = run.total(CELL_KIND.timer, name)?.count ?? 0;
      return { measured: run.measuredS > 0 ? count / run.measuredS : undefined, ...none };
    }
    case "count":
      return { measured: run.total(CELL_KIND.timer, name)?.count ?? 0, ...none };
    case "counter":
      return { measured: run.total(CELL_KIND.counter, name)?.sum ?? 0, ...none };
  }
}

function durationOf(
  what: Extract<Measure, { kind: "duration" }>,
  name: string,
  run: MeasuredRun,
): Measured {
  const response = run.total(CELL_KIND.response, name);
  const hasResponse = response !== undefined && response.count > 0;
  const total = hasResponse ? response : run.total(CELL_KIND.timer, name);
  const clock = hasResponse ? "response" : "service";
  if (total === undefined || total.count === 0) return { measured: undefined, clock };
  const { min, max, sum, count, histogram } = total;
  switch (what.statistic) {
    case "mean":
      return { measured: sum / count, clock };
    case "min":
      return { measured: min, clock };
    case "max":
      return { measured: max, clock };
    case "percentile": {
      const found = histogram?.percentile(what.percent);
      if (found === undefined) return { measured: undefined, clock };
      return { measured: Math.max(min, Math.min(max, found)), clock };
    }
  }
}

// One division of whole numbers: 7 of 100 is exactly the 7 of "7%".
function percentOf(part = 0, whole = 0): number | undefined {
  return whole === 0 ? undefined : (part * 100) / whole;
}

function compare(measured: number, comparison: Comparison, limit: number): boolean {
  switch (comparison) {
    case "<":
      return measured < limit;
    case "<=":
      return measured <= limit;
    case ">":
      return measured > limit;
    case ">=":
      return measured >= limit;
    case "=":
      return measured === limit;
  }
}

type Shown = Pick<ThresholdResult, "measured" | "limit" | "unit">;

/** The measured value for people: in the digits of all tables, or in more where those would hide why. */
export function measuredText({ measured, limit, unit }: Shown): string {
  if (measured === undefined) return "not measured";
  const text = valueText(measured, unit);
  if (measured === limit || text !== valueText(limit, unit)) return text;
  const isTime = unit === "us";
  const exact = String(Number((isTime ? measured / 1000 : measured).toPrecision(9)));
  return { us: `${exact} ms`, percent: `${exact} %`, per_second: `${exact}/s`, count: exact }[unit];
}

function valueText(value: number, unit: ThresholdUnit): string {
  switch (unit) {
    case "us":
      return `${formatMs(value)} ms`;
    case "percent":
      return formatPercent(value);
    case "per_second":
      return `${formatPerSec(value)}/s`;
    case "count":
      return formatCount(value);
  }
}

/** `p95 < 500ms: 612 ms, response time`. */
export function resultText(result: Shown & Pick<ThresholdResult, "text" | "clock">): string {
  const isTold = result.clock !== undefined && result.measured !== undefined;
  const clock = isTold ? `, ${result.clock} time` : "";
  return `${result.text}: ${measuredText(result)}${clock}`;
}
