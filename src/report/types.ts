// The report as plain data: every number final, every text as it came. Terminal, page and whatever
// else shows a finished run read this and compute nothing themselves. Durations are microseconds.

import type { Summary } from "../stats/summary.ts";
import type { ThresholdResult } from "../stats/threshold-check.ts";
import type { Column, Figures } from "./columns.ts";
import type { DetailModel, DistributionModel, HeatModel } from "./detail-types.ts";

export type { Column, Figures } from "./columns.ts";

/** Named limits of what is shown; beyond each the rest is counted and said. */
export const REPORT_LIMIT = {
  /** Timers with charts: the busiest. */
  charts: 25,
  /** Points of one chart. */
  points: 600,
  /** Points of all charts of one kind together; beyond it each has fewer. */
  pointsTotal: 6_000,
  /** Timers in tables: the busiest. */
  timers: 500,
  /** Rows of the interval table of all transactions, and of each timer. */
  intervals: 120,
  timerIntervals: 40,
  errors: 200,
  turrets: 500,
  history: 20,
  events: 200,
  malformedSamples: 60,
  /** Characters of one name, one error text, one malformed sample, the config. */
  name: 200,
  errorText: 1_000,
  sample: 400,
  config: 32_000,
} as const;

/** Service time runs from the actual start, response time from the intended one. */
export type ClockName = "service" | "response";

export interface TimerModel {
  /** Safe as an anchor, whatever the name is. */
  readonly id: string;
  /** As recorded, clipped; "All transactions" for the transaction itself. */
  readonly name: string;
  readonly clock: ClockName;
  readonly figures: Figures;
  readonly charts: TimerCharts | undefined;
  readonly heat: HeatModel | undefined;
  readonly distribution: DistributionModel | undefined;
  readonly table: IntervalTable | undefined;
}

/** Columns of regular steps from the start of the run; null is a step without values. */
export interface TimerCharts {
  readonly stepS: number;
  readonly ratePerSec: Column;
  readonly errorsPerSec: Column;
  readonly mean: Column;
  readonly p50: Column;
  readonly p90: Column;
  readonly p95: Column;
  readonly p99: Column;
  /** The finest resolution that fits: one second where it does. */
  readonly fine: FineColumns;
}

export interface FineColumns {
  readonly stepS: number;
  readonly mean: Column;
  readonly min: Column;
  readonly max: Column;
}

export interface IntervalTable {
  readonly stepS: number;
  readonly rows: readonly IntervalFigures[];
}

export interface IntervalFigures extends Summary {
  readonly startS: number;
  readonly ratePerSec: number;
}

export type VerdictWord = "VALID" | "GENERATOR-LIMITED" | "PARTIAL" | "INVALID" | "NOT JUDGED";

export interface VerdictModel {
  readonly word: VerdictWord;
  /** One sentence that says what the word means here. */
  readonly sentence: string;
  /** Why, in sentences; empty for VALID. */
  readonly reasons: readonly string[];
}

export interface ThresholdModel extends ThresholdResult {
  /** Why nothing was measured, or why a good value has failed; "" where the value says all. */
  readonly note: string;
}

export interface ErrorModel {
  readonly text: string;
  readonly count: number;
  /** Of all errors. */
  readonly percent: number;
  readonly firstSecond: number;
  readonly lastSecond: number;
}

export interface TurretModel {
  readonly name: string;
  readonly uuid: string;
  readonly cannons: number;
  readonly script: string;
  readonly rampup: number;
  readonly status: string;
  readonly updatedAt: string;
  readonly isLost: boolean;
  readonly wire: string | undefined;
  readonly host: string | undefined;
  readonly octVersion: string | undefined;
  readonly cores: number | undefined;
  readonly clockOffsetUs: number | undefined;
  /** Undefined where the file does not say whose results are whose. */
  readonly transactions: number | undefined;
  readonly errorCount: number | undefined;
  readonly history: readonly { readonly atS: number; readonly status: string }[];
}

/** One turret's side of the identities, in transactions; undefined is "never said". */
export interface CountRow {
  readonly label: string;
  readonly sent: number | undefined;
  readonly received: number;
  readonly journaled: number;
  readonly counted: number;
  readonly lost: number;
  readonly unfinished: number;
  readonly dropped: number;
  readonly batches: number;
  readonly repeatedBatches: number;
  readonly holds: boolean;
}

export interface CountsModel {
  readonly rows: readonly CountRow[];
  readonly total: CountRow | undefined;
  /** The identities as sentences, the first is `sent = received = journaled = counted: N`. */
  readonly lines: readonly string[];
}

export interface MalformedModel {
  readonly total: number;
  readonly kinds: readonly { readonly kind: string; readonly count: number }[];
  readonly samples: readonly SampleModel[];
  readonly samplesTotal: number;
}

export interface SampleModel {
  readonly kind: string;
  readonly atS: number;
  readonly sizeBytes: number;
  readonly text: string;
}

export interface EventModel {
  readonly atS: number;
  readonly level: string;
  readonly who: string;
  readonly text: string;
}

export interface FactGroup {
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
}

export interface ReportModel {
  readonly title: string;
  readonly origin: "oct" | "old";
  readonly verdict: VerdictModel;
  /** What the run had to keep to, in the order in which it was asked; they pass only on a VALID run. */
  readonly thresholds: readonly ThresholdModel[];
  readonly startWallMs: number | undefined;
  readonly finishWallMs: number | undefined;
  /** What rates are divided by. */
  readonly measuredUs: number;
  /** What was asked to group by, and what the file can give. */
  readonly intervalS: number;
  readonly cannons: number;
  readonly transactions: number;
  /** Values of named timers. */
  readonly timerValues: number;
  readonly errorCount: number;
  readonly errorPercent: number;
  /** All transactions on the clock of the headline, and on the other one where both are known. */
  readonly all: TimerModel;
  readonly other: TimerModel | undefined;
  readonly timers: readonly TimerModel[];
  readonly timersTotal: number;
  readonly errors: readonly ErrorModel[];
  readonly errorsTotal: number;
  readonly turrets: readonly TurretModel[];
  readonly turretsTotal: number;
  readonly counts: CountsModel;
  readonly malformed: MalformedModel;
  readonly events: readonly EventModel[];
  readonly eventsTotal: number;
  readonly details: DetailModel;
  readonly facts: readonly FactGroup[];
  /** The config as run, as JSON; undefined where the file has none. */
  readonly config: string | undefined;
  /** How the numbers were made, in sentences. */
  readonly method: readonly string[];
}
