// The tables of a live view: the busiest first, bounded, with how many there are.

import { clip } from "../base/errors.ts";
import type { Aggregate } from "../stats/aggregate.ts";
import { CELL_KIND, type CellKind } from "../stats/cell.ts";
import type { CellTotal } from "../stats/tally.ts";
import { figuresOf } from "./figures.ts";
import { LIVE_LIMIT, type LiveView } from "./types.ts";

type Tables = Pick<
  LiveView,
  | "timers"
  | "timersTotal"
  | "timerValues"
  | "errorTexts"
  | "errorTextsTotal"
  | "checks"
  | "statuses"
>;

export function liveTables(aggregate: Aggregate, measuredS: number): Tables {
  const timers = aggregate.totals(CELL_KIND.timer).filter(({ name }) => name !== "");
  const errors = busiest(aggregate, CELL_KIND.error, LIVE_LIMIT.errors);
  return {
    timers: byCount(timers)
      .slice(0, LIVE_LIMIT.timers)
      .map((total) => ({
        name: clip(total.name, LIVE_LIMIT.name),
        ...figuresOf(total, measuredS),
      })),
    timersTotal: timers.length,
    timerValues: timers.reduce((sum, { count }) => sum + count, 0),
    errorTexts: errors.map(({ name, count }) => ({ text: clip(name, LIVE_LIMIT.text), count })),
    errorTextsTotal: aggregate.totals(CELL_KIND.error).length,
    checks: busiest(aggregate, CELL_KIND.check, LIVE_LIMIT.checks).map((total) => ({
      name: clip(total.name, LIVE_LIMIT.name),
      passed: total.count - total.errorCount,
      failed: total.errorCount,
    })),
    statuses: busiest(aggregate, CELL_KIND.status, LIVE_LIMIT.statuses).map(({ name, count }) => ({
      name: clip(name, LIVE_LIMIT.name),
      count,
    })),
  };
}

function busiest(aggregate: Aggregate, kind: CellKind, limit: number): CellTotal[] {
  return byCount(aggregate.totals(kind)).slice(0, limit);
}

function byCount(totals: readonly CellTotal[]): CellTotal[] {
  return [...totals].sort((a, b) => b.count - a.count);
}
