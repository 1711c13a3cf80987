// A comparison for machines: one JSON document. Keys are stable; new ones may be added. Times are
// milliseconds, shares and changes are parts of 1 (0.05 is 5 %).

import type { JsonObject } from "../base/json.ts";
import {
  type Comparison,
  countWords,
  type FigureComparison,
  type RunSide,
  type TimerComparison,
} from "./types.ts";

export const COMPARE_FORMAT = 1;

export function comparisonJson(comparison: Comparison): JsonObject {
  return {
    format: "oct compare",
    version: COMPARE_FORMAT,
    base: sideJson(comparison.base),
    new: sideJson(comparison.next),
    level: comparison.level,
    margin: comparison.margin,
    floor: comparison.floor,
    forced: [...comparison.forced],
    notes: [...comparison.notes],
    words: { ...countWords(comparison) },
    timers: comparison.timers.map(timerJson),
    timers_not_compared: comparison.timersLeft,
    only_in_base: [...comparison.onlyBase],
    only_in_new: [...comparison.onlyNext],
  };
}

function sideJson(side: RunSide): JsonObject {
  return {
    path: side.path,
    project: side.title,
    verdict: side.verdict,
    start: side.startWallMs === undefined ? null : new Date(side.startWallMs).toISOString(),
    measured_s: side.measuredUs / 1e6,
    transactions: side.transactions,
  };
}

function timerJson(timer: TimerComparison): JsonObject {
  return {
    name: timer.name,
    is_transaction: timer.isTransaction,
    clock: timer.clock,
    base_count: timer.baseCount,
    new_count: timer.nextCount,
    block_s: timer.blockS ?? null,
    figures: Object.fromEntries(timer.figures.map((one) => [one.figure, figureJson(one)])),
  };
}

function figureJson(one: FigureComparison): JsonObject {
  const isTime = one.figure !== "rate" && one.figure !== "errors";
  const shown = (value: number | undefined) =>
    value === undefined ? null : isTime ? value / 1000 : value;
  return {
    word: one.word,
    unit: isTime ? "ms" : one.figure === "rate" ? "1/s" : "share",
    base: shown(one.base),
    new: shown(one.next),
    change: one.change ?? null,
    low: one.low ?? null,
    high: one.high ?? null,
    visible: one.visible ?? null,
    ...(one.why === undefined ? {} : { why: one.why }),
  };
}
