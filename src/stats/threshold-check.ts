// A threshold held against what was measured: totals of a run that goes on, or of one that is over.
// What was not measured keeps to nothing: a timer that never came, a check that was never made, a share
// of no transactions. A counter that nobody touched is 0, and so are the count, the errors and the rate
// of all transactions where there are none.

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
  /** Not a number where nobody knows it any more: its text could not be read again. */
  readonly limit: number;
  readonly unit: ThresholdUnit;
  /** Undefined where nothing was measured. */
  readonly measured: number | undefined;
  /** Which time a duration is; undefined for what is no duration. */
  readonly clock: "response" | "service" | undefined;
  /** False also for one that has ended the run, whatever is measured by now. */
  readonly holds: boolean;
  readonly isAborting: boolean;
  /** It failed while the run went, and the run was stopped for it. */
  readonly hasEndedRun: boolean;
}

/** What the end of a run is told with, before the result's text, where a threshold has ended it. */
export const THRESHOLD_REASON = "threshold failed: ";

type Measured = Pick<ThresholdResult, "measured" | "clock">;

export function checkThreshold(threshold: Threshold, run: MeasuredRun): ThresholdResult {
  const { text, comparison, limit, unit, isAborting } = threshold;
  const found = measure(threshold, run);
  const { measured } = found;
  const holds = measured !== undefined && compare(measured, comparison, limit);
  return { text, comparison, limit, unit, ...found, holds, isAborting, hasEndedRun: false };
}

/** The results of a run that ended for `reason`; the threshold that it names has failed. */
export function withEnding(
  results: readonly ThresholdResult[],
  reason: string | undefined,
): readonly ThresholdResult[] {
  if (reason?.startsWith(THRESHOLD_REASON) !== true) return results;
  const told = reason.slice(THRESHOLD_REASON.length);
  const ended = results.find(({ text, isAborting }) => isAborting && told.startsWith(`${text}: `));
  return results.map((result) =>
    result === ended ? { ...result, holds: false, hasEndedRun: true } : result,
  );
}

function measure({ measure: what, name, unit }: Threshold, run: MeasuredRun): Measured {
  const none = { clock: undefined } as const;
  switch (what.kind) {
    case "duration":
      return durationOf(what, name, run);
    case "check": {
      const total = run.total(CELL_KIND.check, name);
      const passed = (total?.count ?? 0) - (total?.errorCount ?? 0);
      return { measured: percentOf(passed, total?.count), ...none };
    }
    case "counter":
      return { measured: run.total(CELL_KIND.counter, name)?.sum ?? 0, ...none };
    case "errors":
    case "rate":
    case "count": {
      const total = run.total(CELL_KIND.timer, name);
      if (total === undefined && name !== "") return { measured: undefined, ...none };
      const { count = 0, errorCount = 0 } = total ?? {};
      if (what.kind === "count") return { measured: count, ...none };
      if (what.kind === "rate") {
        return { measured: run.measuredS > 0 ? count / run.measuredS : undefined, ...none };
      }
      return { measured: unit === "count" ? errorCount : percentOf(errorCount, count), ...none };
    }
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
type ShownOnClock = Shown & Pick<ThresholdResult, "clock">;

/** The measured value for people: in the digits of all tables, or in more where those would hide why. */
export function measuredText({ measured, limit, unit }: Shown): string {
  if (measured === undefined) return "not measured";
  const text = valueText(measured, unit);
  if (measured === limit || text !== valueText(limit, unit)) return text;
  const isTime = unit === "us";
  const exact = String(Number((isTime ? measured / 1000 : measured).toPrecision(9)));
  return { us: `${exact} ms`, percent: `${exact} %`, per_second: `${exact}/s`, count: exact }[unit];
}

/** `< 500 ms`; empty where nobody knows it any more. */
export function limitText({ comparison, limit, unit }: ThresholdResult): string {
  return Number.isFinite(limit) ? `${comparison} ${valueText(limit, unit)}` : "";
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

/** `612 ms, response time`. */
export function foundText(result: ShownOnClock): string {
  const isTold = result.clock !== undefined && result.measured !== undefined;
  return `${measuredText(result)}${isTold ? `, ${result.clock} time` : ""}`;
}

/** `p95 < 500ms: 612 ms, response time`. */
export function resultText(result: ShownOnClock & Pick<ThresholdResult, "text">): string {
  return `${result.text}: ${foundText(result)}`;
}
