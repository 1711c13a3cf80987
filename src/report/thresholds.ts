// The thresholds of a finished run, held against the totals that its database keeps: of the figures
// that the report shows, not of those that the HQ last saw.

import { clip } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { CELL_KIND, type CellKind } from "../stats/cell.ts";
import { Histogram } from "../stats/histogram.ts";
import { type StoredThreshold, storedThresholds } from "../stats/stored-thresholds.ts";
import type { Threshold } from "../stats/threshold.ts";
import {
  checkThreshold,
  type MeasuredRun,
  type ThresholdResult,
  withEnding,
} from "../stats/threshold-check.ts";
import type { Results, StoredTotal } from "../store/results.ts";
import { oneLine } from "./figures.ts";
import type { ThresholdModel } from "./types.ts";

export interface ThresholdOptions {
  readonly results: Results;
  readonly measuredS: number;
  /** As the run was given them; without, what the copy of its configuration says. */
  readonly thresholds?: readonly Threshold[] | undefined;
}

const NAME_SHOWN = 60;

export function thresholdModels(options: ThresholdOptions): ThresholdModel[] {
  const { results, measuredS } = options;
  const given: readonly StoredThreshold[] =
    options.thresholds?.map((threshold) => ({ text: threshold.text, threshold })) ??
    storedThresholds(results.facts.config);
  if (given.length === 0) return [];
  const totals = new Totals(results);
  const run: MeasuredRun = { measuredS, total: (kind, name) => totals.get(kind, name) };
  const found = given.map(({ text, threshold }) =>
    threshold === undefined ? unreadable(text) : checkThreshold(threshold, run),
  );
  return withEnding(found, results.facts.reason).map((result, i) => {
    const { threshold } = given[i] as StoredThreshold;
    const note = result.hasEndedRun
      ? endedNote(found[i] as ThresholdResult)
      : noteOf(threshold, totals);
    return { ...result, note };
  });
}

/** The stored totals by name, a histogram opened when it is first asked for. */
class Totals {
  readonly #stored = new Map<string, StoredTotal>();
  readonly #histograms = new Map<StoredTotal, Histogram>();

  constructor(results: Results) {
    for (const total of results.totals()) this.#stored.set(key(total.kind, total.name), total);
  }

  names(kind: CellKind): string[] {
    return [...this.#stored.values()].filter((one) => one.kind === kind).map((one) => one.name);
  }

  get(kind: CellKind, name: string): ReturnType<MeasuredRun["total"]> {
    const stored = this.#stored.get(key(kind, name));
    if (stored === undefined) return undefined;
    let histogram = this.#histograms.get(stored);
    if (histogram === undefined && stored.histogram !== undefined) {
      histogram = Histogram.fromPayload(stored.histogram);
      this.#histograms.set(stored, histogram);
    }
    return { ...stored, histogram };
  }
}

function key(kind: CellKind, name: string): string {
  return `${kind} ${name}`;
}

function unreadable(text: string): ThresholdResult {
  return {
    text,
    comparison: "<",
    limit: Number.NaN,
    unit: "count",
    measured: undefined,
    clock: undefined,
    holds: false,
    isAborting: false,
    hasEndedRun: false,
  };
}

// While what was in flight ended the value may have become good again.
function endedNote({ holds }: ThresholdResult): string {
  return holds ? "it had failed while the run went, and ended it" : "it ended the run";
}

// What a person needs to know of a value that is not there.
function noteOf(threshold: Threshold | undefined, totals: Totals): string {
  if (threshold === undefined) return "the copy of the configuration does not tell what it was";
  const { measure, name } = threshold;
  const isCounter = measure.kind === "counter";
  const kind = isCounter
    ? CELL_KIND.counter
    : measure.kind === "check"
      ? CELL_KIND.check
      : CELL_KIND.timer;
  if (name === "" || totals.get(kind, name) !== undefined) return "";
  const what = isCounter ? "counter" : measure.kind === "check" ? "check" : "timer";
  const names = totals.names(kind).filter((known) => known !== "");
  const close = nearest(name, names);
  if (isCounter && close === undefined) return "";
  const hint = close === undefined ? "" : `; did you mean ${oneLine(clip(close, NAME_SHOWN))}?`;
  return `there was no such ${what}${hint}`;
}
