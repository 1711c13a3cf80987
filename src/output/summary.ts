// The summary of a run for machines: one JSON document with a published schema
// (assets/schema/summary.schema.json, `oct docs summary-schema`). Names end with their unit; what has no
// value is null. A field that changes its meaning, or goes, raises the version.

import type { JsonObject, JsonValue } from "../base/json.ts";
import { formatCount } from "../base/units.ts";
import {
  formatMs,
  formatPercent,
  formatPerSec,
  formatSpan,
  oneLine,
  plural,
} from "../report/figures.ts";
import type { Figures, ReportModel, TimerModel } from "../report/types.ts";
import { CELL_KIND, type CellKind } from "../stats/cell.ts";
import type { StoredTotal } from "../store/results.ts";
import type { FinishedFigures } from "./finished.ts";

export const SUMMARY_VERSION = 1;

export const SUMMARY_LIMIT = {
  /** Checks, statuses, counters and gauges each; beyond it the rest is counted. */
  names: 1_000,
} as const;

/** Keys of a definition that say how much is fired. */
const LOAD_KEYS = [
  "name",
  "cannons",
  "rampup",
  "rate",
  "stages",
  "phases",
  "spacing",
  "exact_count",
  "max_queue",
  "iterations",
  "iterations_shared",
  "cycles",
  "think",
  "pacing",
  "split",
  "mix",
  "script",
] as const;

/** The whole document. */
export function summaryDocument(finished: FinishedFigures): JsonObject {
  const { model, facts } = finished;
  const of = (kind: CellKind) => finished.totals.filter((total) => total.kind === kind);
  return {
    schemaVersion: SUMMARY_VERSION,
    text: headline(model),
    project: model.title,
    verdict: {
      word: model.verdict.word,
      sentence: model.verdict.sentence,
      reasons: model.verdict.reasons,
    },
    exitCode: finished.exitCode ?? null,
    run: runOf(finished),
    load: loadOf(finished),
    transactions: { clock: model.all.clock, ...figuresOf(model.all.figures) },
    otherClock:
      model.other === undefined
        ? null
        : { clock: model.other.clock, ...figuresOf(model.other.figures) },
    timers: model.timers.map((timer) => ({ name: timer.name, ...timerOf(timer) })),
    timersTotal: model.timersTotal,
    timerValues: model.timerValues,
    errors: model.errors.map(({ text, count, percent, firstSecond, lastSecond }) => ({
      text,
      count,
      percent,
      firstS: firstSecond,
      lastS: lastSecond,
    })),
    errorsTotal: model.errorsTotal,
    checks: bounded(of(CELL_KIND.check), ({ name, count, errorCount }) => ({
      name,
      passed: count - errorCount,
      failed: errorCount,
    })),
    responses: bounded(of(CELL_KIND.status), ({ name, count }) => ({ name, count })),
    counters: bounded(of(CELL_KIND.counter), ({ name, sum }) => ({ name, sum })),
    gauges: bounded(of(CELL_KIND.gauge), ({ name, count, sum, min, max }) => ({
      name,
      samples: count,
      mean: count === 0 ? null : sum / count,
      min: count === 0 ? null : min,
      max: count === 0 ? null : max,
    })),
    thresholds: thresholdsOf(model),
    counts: countsOf(model),
    malformed: {
      total: model.malformed.total,
      kinds: model.malformed.kinds.map(({ kind, count }) => ({ kind, count })),
    },
    rows: {
      kept: facts.rowsKept,
      counted: facts.rowsCounted,
      limit: facts.rowsMax ?? null,
      areComplete: facts.rowsKept === facts.transactions,
    },
    files: finished.files,
  };
}

/** One line for people, which is also what chat programs show of a notification. */
export function headline(model: ReportModel): string {
  const { figures } = model.all;
  const failed = model.thresholds.filter((threshold) => !threshold.holds).length;
  const held =
    model.thresholds.length === 0
      ? []
      : [`${formatCount(failed)} of ${plural(model.thresholds.length, "threshold")} failed`];
  return [
    `${oneLine(model.title)}: ${model.verdict.word}`,
    `${plural(model.transactions, "transaction")} in ${formatSpan(model.measuredUs)}`,
    `${formatPerSec(figures.ratePerSec)}/s`,
    ...(figures.count === 0 ? [] : [`p95 ${formatMs(figures.p95Us)} ms`]),
    `${formatPercent(model.errorPercent)} errors`,
    ...held,
  ].join(", ");
}

function runOf({ model, facts }: FinishedFigures): JsonObject {
  return {
    id: facts.runId ?? null,
    command: facts.command ?? null,
    octVersion: facts.octVersion ?? null,
    madeBy: model.origin === "old" ? "old OCT" : "oct",
    seed: facts.seed ?? null,
    host: facts.host ?? null,
    platform: facts.platform ?? null,
    cores: facts.cores ?? null,
    startedAt: isoTime(facts.startWallMs),
    endedAt: isoTime(facts.endedWallMs),
    durationS: facts.durationUs === undefined ? null : facts.durationUs / 1e6,
    measuredS: model.measuredUs / 1e6,
    endedBy: facts.reason ?? null,
    isBrokenOff: facts.isKilled,
  };
}

function loadOf({ model, facts }: FinishedFigures): JsonObject {
  const { config } = facts;
  const definitions = config?.["turrets"];
  const asked = Array.isArray(definitions) ? (definitions as readonly JsonValue[]) : [];
  const { total } = model.counts;
  return {
    asked: {
      runTimeS: facts.runTimeUs === undefined ? null : facts.runTimeUs / 1e6,
      definitions: asked.map(askedOf),
    },
    given: {
      turrets: model.turretsTotal,
      cannons: model.cannons,
      transactions: model.transactions,
      failed: model.errorCount,
      failedPercent: model.errorPercent,
      ratePerSec: model.all.figures.ratePerSec,
      dropped: total?.dropped ?? null,
      unfinished: total?.unfinished ?? null,
    },
  };
}

// A definition may be the path of its file.
function askedOf(definition: JsonValue): JsonValue {
  if (typeof definition !== "object" || definition === null || Array.isArray(definition)) {
    return { file: String(definition) };
  }
  const keys = LOAD_KEYS.filter((key) => key in definition);
  return Object.fromEntries(keys.map((key) => [key, (definition as JsonObject)[key] as JsonValue]));
}

function timerOf(timer: TimerModel): JsonObject {
  return { clock: timer.clock, ...figuresOf(timer.figures) };
}

/** Durations of no values are null: 0 would be a good one. */
function figuresOf(figures: Figures) {
  const { count, errorCount, errorPercent, ratePerSec } = figures;
  const known = (valueUs: number): number | null => (count === 0 ? null : valueUs);
  return {
    count,
    errorCount,
    errorPercent,
    ratePerSec,
    meanUs: known(figures.meanUs),
    minUs: known(figures.minUs),
    p50Us: known(figures.p50Us),
    p75Us: known(figures.p75Us),
    p80Us: known(figures.p80Us),
    p90Us: known(figures.p90Us),
    p95Us: known(figures.p95Us),
    p99Us: known(figures.p99Us),
    p999Us: known(figures.p999Us),
    maxUs: known(figures.maxUs),
    stdevUs: known(figures.stdevUs),
  };
}

function thresholdsOf(model: ReportModel): JsonValue {
  return model.thresholds.map((threshold) => ({
    text: threshold.text,
    holds: threshold.holds,
    measured: threshold.measured ?? null,
    limit: threshold.limit,
    comparison: threshold.comparison,
    unit: threshold.unit,
    clock: threshold.clock ?? null,
    isAborting: threshold.isAborting,
    note: threshold.note,
  }));
}

function countsOf({ counts }: ReportModel): JsonObject {
  const rowOf = (row: (typeof counts.rows)[number]): JsonObject => ({
    label: row.label,
    sent: row.sent ?? null,
    received: row.received,
    journaled: row.journaled,
    counted: row.counted,
    lost: row.lost,
    unfinished: row.unfinished,
    dropped: row.dropped,
    holds: row.holds,
  });
  return {
    holds: counts.total?.holds ?? null,
    sentences: counts.lines,
    total: counts.total === undefined ? null : rowOf(counts.total),
    turrets: counts.rows.map(rowOf),
  };
}

interface Bounded extends JsonObject {
  readonly list: readonly JsonValue[];
  readonly total: number;
}

function bounded(
  totals: readonly StoredTotal[],
  toJson: (total: StoredTotal) => JsonObject,
): Bounded {
  return { list: totals.slice(0, SUMMARY_LIMIT.names).map(toJson), total: totals.length };
}

function isoTime(wallMs: number | undefined): string | null {
  if (wallMs === undefined) return null;
  const date = new Date(wallMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
