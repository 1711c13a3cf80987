// Results into the report as plain data: the one place where its figures are computed.

import { clip } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Threshold } from "../stats/threshold.ts";
import type { Results, StoredSample } from "../store/results.ts";
import { countsModel } from "./counts.ts";
import { detailModel } from "./details.ts";
import { factGroups, methodSentences } from "./facts.ts";
import { printable } from "./figures.ts";
import { thresholdModels } from "./thresholds.ts";
import { timerModels } from "./timers.ts";
import { turretModels } from "./turrets.ts";
import {
  type ErrorModel,
  type EventModel,
  type MalformedModel,
  REPORT_LIMIT,
  type ReportModel,
} from "./types.ts";
import { judgeResults } from "./verdict.ts";

export type { ReportModel } from "./types.ts";

export interface ModelOptions {
  /** Groups by this many seconds instead of what the run was configured with. */
  readonly intervalS?: number;
  /** As the run was given them; without, those in the copy of its configuration. */
  readonly thresholds?: readonly Threshold[] | undefined;
}

const DEFAULT_INTERVAL_S = 10;
const US_PER_S = 1_000_000;

/** Everything the report says, computed. */
export function buildReportModel(results: Results, options: ModelOptions = {}): ReportModel {
  const { facts } = results;
  const intervalS = Math.max(
    1,
    Math.round(options.intervalS ?? facts.intervalS ?? DEFAULT_INTERVAL_S),
  );
  const made = timerModels(results, intervalS);
  const turrets = turretModels(results);
  const nameOf = (index: number) => turrets.byIndex.get(index)?.name;
  const counts = countsModel(results, nameOf);
  const events = results.events();
  return {
    title: facts.project === undefined || facts.project === "" ? "Load test" : facts.project,
    origin: results.origin,
    verdict: judgeResults({ results, events, counts, turrets: turrets.all }),
    thresholds: thresholdModels({
      results,
      measuredS: made.measuredS,
      thresholds: options.thresholds,
    }),
    ...testTimes(results, made.measuredS),
    measuredUs: made.measuredS * US_PER_S,
    intervalS,
    cannons: turrets.all.reduce((sum, turret) => sum + turret.cannons, 0),
    transactions: facts.transactions,
    timerValues: made.timerValues,
    errorCount: facts.errorCount,
    errorPercent: percentOf(facts.errorCount, facts.transactions),
    all: made.all,
    other: made.other,
    timers: made.timers,
    timersTotal: made.timersTotal,
    ...errorModels(results),
    turrets: turrets.all.slice(0, REPORT_LIMIT.turrets),
    turretsTotal: turrets.all.length,
    counts,
    malformed: malformedModel(results),
    events: events.slice(0, REPORT_LIMIT.events).map(
      (event): EventModel => ({
        atS: event.atUs / US_PER_S,
        level: event.level,
        who: event.turretIndex < 0 ? "HQ" : (nameOf(event.turretIndex) ?? "turret"),
        text: clip(event.text, REPORT_LIMIT.errorText),
      }),
    ),
    eventsTotal: events.length,
    details: detailModel({
      results,
      made,
      intervalS,
      counts,
      turrets: turrets.all,
      events,
      nameOf,
    }),
    facts: factGroups(results, {
      measuredUs: made.measuredS * US_PER_S,
      counts,
      turrets: turrets.all,
    }),
    config: configText(facts.config),
    method: methodSentences({
      results,
      clock: made.all.clock,
      hasOtherClock: made.other !== undefined,
    }),
  };
}

function testTimes(results: Results, measuredS: number) {
  const { facts } = results;
  const { firstEpochS, lastEpochS } = facts;
  const hasAllRows = facts.rowsKept === facts.rowsCounted;
  if (hasAllRows && firstEpochS !== undefined && lastEpochS !== undefined) {
    return { startWallMs: firstEpochS * 1000, finishWallMs: lastEpochS * 1000 };
  }
  const { startWallMs } = facts;
  return {
    startWallMs,
    finishWallMs: startWallMs === undefined ? undefined : startWallMs + measuredS * 1000,
  };
}

function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : (part / whole) * 100;
}

function errorModels(results: Results): { errors: ErrorModel[]; errorsTotal: number } {
  const stored = results.errors();
  const total = stored.reduce((sum, error) => sum + error.count, 0);
  const errors = stored.slice(0, REPORT_LIMIT.errors).map((error) => ({
    text: clip(error.text, REPORT_LIMIT.errorText),
    count: error.count,
    percent: percentOf(error.count, total),
    firstSecond: error.firstSecond,
    lastSecond: error.lastSecond,
  }));
  return { errors, errorsTotal: stored.length };
}

function malformedModel(results: Results): MalformedModel {
  const { counts, samples } = results.malformed();
  return {
    total: counts.reduce((sum, kind) => sum + kind.count, 0),
    kinds: [...counts].sort((a, b) => b.count - a.count),
    samples: samples.slice(0, REPORT_LIMIT.malformedSamples).map((sample) => ({
      kind: sample.kind,
      atS: sample.atUs / US_PER_S,
      sizeBytes: sample.sizeBytes,
      text: sampleText(sample),
    })),
    samplesTotal: samples.length,
  };
}

// What came may be anything: bytes that are no text are shown as such, not hidden.
function sampleText(sample: StoredSample): string {
  const text = new TextDecoder("utf-8").decode(sample.sample.subarray(0, REPORT_LIMIT.sample * 4));
  return clip(printable(text), REPORT_LIMIT.sample);
}

function configText(config: JsonObject | undefined): string | undefined {
  if (config === undefined) return undefined;
  return clip(JSON.stringify(config, null, 2), REPORT_LIMIT.config);
}
